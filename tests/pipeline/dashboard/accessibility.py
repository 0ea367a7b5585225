"""Whether a page can be used without a mouse, by a screen reader, and by eyes that need contrast."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

MOST_STOPS = 400
_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one);
  const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const box = one.getBoundingClientRect();
  window.__stops ??= [];
  const known = window.__stops.indexOf(one);
  if (known < 0) window.__stops.push(one);
  const text = (one.textContent || one.value || one.name || "").trim().replace(/\\s+/g, " ").slice(0, 40);
  return {
    name: `<${one.tagName.toLowerCase()} ${JSON.stringify(text)}>`,
    known: known >= 0,
    visible: outline || style.boxShadow !== "none",
    shown: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
  };
}"""
_STOPS = """() => {
  const found = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.type !== "hidden"
      && one.getAttribute("tabindex") !== "-1");
  const stops = window.__stops || [];
  const missed = found.filter((one) => !stops.includes(one) && !isSameRadio(one));
  function isSameRadio(one) { return one.type === "radio" && stops.some((other) => other.name === one.name); }
  const order = stops.filter((one) => found.includes(one));
  const jumps = order.filter((one, place) => place
    && order[place - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING);
  window.__stops = undefined;
  const words = (one) => JSON.stringify((one.textContent || one.name || "").trim().slice(0, 40));
  const say = (one) => `<${one.tagName.toLowerCase()} ${words(one)}>`;
  return { missed: missed.map(say), jumps: jumps.map(say) };
}"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    size: Literal["desktop", "phone"] = "desktop"
    colours: Literal["light", "dark"] = "light"


LOOKS = tuple(Look(size, colours) for size in ("desktop", "phone") for colours in ("light", "dark"))


def faults(page: Page, look: Look) -> list[str]:
    """Give what is wrong with the page, a sentence a fault."""
    found: list[str] = page.evaluate(_script(), {"phone": look.size == "phone"})
    return found + _by_keyboard(page)


def _by_keyboard(page: Page) -> list[str]:
    """Go through the page by the tabulator key: everything is reached, in the order of reading, and can be seen."""
    found = []
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); window.__stops = undefined; }")
    page.evaluate("() => getSelection()?.collapse(document.body, 0)")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop: Any = page.evaluate(_FOCUSED)
        if stop is None or stop["known"]:
            break
        if not stop["visible"]:
            found.append(f"{stop['name']}: nobody sees that it has the focus")
        if not stop["shown"]:
            found.append(f"{stop['name']}: has the focus where nobody sees it")
    else:
        found.append(f"more than {MOST_STOPS} stops of the tabulator key")
    left: Any = page.evaluate(_STOPS)
    found += [f"{name}: the tabulator key does not reach it" for name in left["missed"]]
    return found + [f"{name}: comes too early by the tabulator key" for name in left["jumps"]]


@cache
def _script() -> str:
    return Path(__file__).with_name("accessibility.js").read_text(encoding="utf-8")
