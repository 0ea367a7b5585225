// Looks at the page as somebody would who cannot see it, or not well. Gives one sentence a fault, none for a good page.
// Numbers are those of WCAG 2.2, level AA: 1.4.3 contrast, 1.3.1 headings, 2.4.1 skip, 2.5.8 target size, 4.1.2 names.
({ phone }) => {
  const faults = [];
  const say = (element, what) => faults.push(`${where(element)}: ${what}`);
  const where = (element) => {
    const words = (element.textContent || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.tagName.toLowerCase()}${element.id ? " #" + element.id : ""}${words ? " " + JSON.stringify(words) : ""}>`;
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && element.getClientRects().length > 0;
  const textOf = (ids) => (ids || "").split(/\s+/).filter(Boolean)
    .map((id) => document.getElementById(id)?.textContent || "").join(" ").trim();

  const named = (element) => {
    const own = textOf(element.getAttribute("aria-labelledby")) || (element.getAttribute("aria-label") || "").trim();
    if (own) return own;
    const labels = [...(element.labels || [])].map((label) => label.textContent.trim()).join(" ");
    if (labels) return labels;
    if (element.matches("input[type=submit], input[type=button]")) return element.value.trim();
    if (element.matches("input, select, textarea")) return (element.title || "").trim();
    const pictures = [...element.querySelectorAll("img[alt], svg[aria-label]")]
      .map((one) => one.getAttribute("alt") || one.getAttribute("aria-label")).join(" ");
    const titles = [...element.querySelectorAll("svg > title")].map((one) => one.textContent).join(" ");
    return [element.textContent, pictures, titles, element.title || ""].join(" ").trim();
  };

  const controls = all("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [tabindex]")
    .filter(isShown);
  for (const control of controls) {
    if (!named(control)) say(control, "a control without a name");
    if (Number(control.getAttribute("tabindex")) > 0) say(control, "changes the order of the tabulator key");
    const box = control.getBoundingClientRect();
    const inline = getComputedStyle(control).display === "inline" && control.matches("a");
    const graphic = control.ownerSVGElement;
    if (phone && !inline && !graphic && isOnPage(box) && (box.height < 24 || box.width < 24)) {
      say(control, `too small for a finger: ${Math.round(box.width)} x ${Math.round(box.height)} px`);
    }
  }
  function isOnPage(box) {
    return box.right > 0 && box.bottom > -window.scrollY;
  }

  if (!document.documentElement.lang) faults.push("the page does not say its language");
  if (!document.title.trim()) faults.push("the page has no title");
  if (all("main").length !== 1) faults.push(`${all("main").length} main landmarks`);
  for (const nav of all("nav")) if (all("nav").length > 1 && !named_landmark(nav)) say(nav, "one of several, without a name");
  function named_landmark(element) {
    return textOf(element.getAttribute("aria-labelledby")) || element.getAttribute("aria-label");
  }
  const first = controls[0];
  if (first && !(first.matches("a[href^='#']") && document.querySelector(first.getAttribute("href")))) {
    say(first, "the first control does not skip to the content");
  }

  const headings = all("h1, h2, h3, h4, h5, h6").filter(isShown);
  if (headings.filter((one) => one.tagName === "H1").length !== 1) faults.push("not exactly one h1");
  headings.reduce((before, heading) => {
    const level = Number(heading.tagName[1]);
    if (level > before + 1) say(heading, `follows a heading of level ${before}`);
    if (!heading.textContent.trim()) say(heading, "an empty heading");
    return level;
  }, 0);

  for (const image of all("img")) if (!image.hasAttribute("alt")) say(image, "a picture without alt");
  for (const graphic of all("svg")) {
    const hidden = graphic.closest("[aria-hidden=true]");
    const role = graphic.getAttribute("role");
    const name = graphic.getAttribute("aria-label") || textOf(graphic.getAttribute("aria-labelledby"))
      || graphic.querySelector(":scope > title")?.textContent;
    if (!hidden && !name && !graphic.closest("a, button")) say(graphic, `a graphic (${role}) without a name`);
  }
  for (const table of all("table")) {
    if (!table.querySelector("th")) say(table, "a table without headers");
    if (!table.caption && !named_landmark(table)) say(table, "a table without a caption or name");
  }
  const ids = all("[id]").map((one) => one.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) faults.push(`two elements are called ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const one of all(`[${attribute}]`)) {
      for (const id of one.getAttribute(attribute).split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) say(one, `${attribute} names ${id}, which is not there`);
      }
    }
  }

  // Colours. A canvas turns whatever form a browser computes (rgb, oklch, color-mix) into bytes.
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const bytes = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((byte) => byte / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const canvasColour = bytes(getComputedStyle(document.documentElement).colorScheme.includes("dark")
    && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff");
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      if (one instanceof SVGElement && one !== element) {
        const box = element.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const shapes = one.ownerSVGElement ? [] : [...one.querySelectorAll("rect, path, circle, ellipse, polygon")];
        for (const shape of shapes.reverse()) {
          const around = shape.getBoundingClientRect();
          const before = shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
          const fill = getComputedStyle(shape).fill;
          if (before && fill !== "none" && around.left <= x && x <= around.right && around.top <= y && y <= around.bottom) {
            layers.push(bytes(fill));
          }
        }
      }
      layers.push(bytes(getComputedStyle(one).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), canvasColour);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !isShown(element)) continue;
    if (element.closest("script, style, title, desc, [disabled], [aria-disabled=true]")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const below = behind(element);
    const ink = bytes(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [luminance(over(ink, below)), luminance(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) say(element, `contrast ${ratio.toFixed(2)}, less than ${least}`);
  }

  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) {
    const widest = all("body *").filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1
      && !one.closest("[data-scrolls], pre, .scroll"))[0];
    faults.push(`the page is ${wide} px wider than its window${widest ? ", because of " + where(widest) : ""}`);
  }
  return faults;
}
