/* Keeps the page as the plane is: one stream of news while the page is seen. Every text is set as text, never as markup. */
"use strict";
(() => {
  const topics = document.body.dataset.topics.trim();
  const connection = document.querySelector("[data-connection]");
  let source = null;

  const say = (text, state) => {
    if (connection.textContent !== text) connection.textContent = text;
    connection.dataset.state = state;
  };

  const show = (topic, told) => {
    for (const element of document.querySelectorAll("[data-live]")) {
      const dot = element.dataset.live.indexOf(".");
      if (element.dataset.live.slice(0, dot) !== topic) continue;
      const text = told[element.dataset.live.slice(dot + 1)];
      if (text !== undefined && element.textContent !== text) element.textContent = text;
    }
    for (const element of document.querySelectorAll("[data-live-state]")) {
      const name = element.dataset.liveState;
      const text = name.startsWith(topic + ".") ? told[name.slice(topic.length + 1)] : undefined;
      if (text !== undefined) element.classList.toggle("busy", text !== "0");
    }
    document.body.dispatchEvent(new CustomEvent("noria:" + topic));
  };

  /* A click is lost where what was pressed is another element when it is let go: meanwhile nothing is swapped. */
  let isPressed = false;
  let isBehind = false;

  const letGo = () => {
    isPressed = false;
    if (!isBehind) return;
    isBehind = false;
    for (const topic of topics.split(" ")) document.body.dispatchEvent(new CustomEvent("noria:" + topic));
  };

  window.addEventListener("pointerdown", (event) => (isPressed = event.isPrimary && event.button === 0), true);
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => setTimeout(letGo), true);
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const cause = event.detail.requestConfig.triggeringEvent;
    if (!isPressed || !cause || !cause.type.startsWith("noria:")) return;
    event.preventDefault();
    isBehind = true;
  });

  const open = () => {
    if (source || !topics || document.hidden) return;
    source = new EventSource("/live?topics=" + encodeURIComponent(topics));
    source.addEventListener("open", () => say("live", "open"));
    source.addEventListener("error", () => say("not connected", "lost"));
    source.addEventListener("changed", (event) => {
      for (const [topic, told] of Object.entries(JSON.parse(event.data))) show(topic, told);
    });
  };

  /* A browser opens six streams to one server at most: a page that nobody sees must not hold one. */
  const close = () => {
    if (source) source.close();
    source = null;
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
})();
