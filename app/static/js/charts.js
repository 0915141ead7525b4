// Says the value of a chart under the pointer, the finger, or where the arrow keys stand (components/charts.html). Without it charts show their last value.
"use strict";
(() => {
  const start = (figure) => {
    const plot = figure.querySelector("svg.plot"), reading = figure.querySelector(".reading");
    const spots = plot ? [...plot.querySelectorAll(".spot")] : [];
    if (!spots.length) { return; }
    let here = spots.findIndex((spot) => spot.dataset.says === reading.textContent.trim());
    const show = (n) => {
      here = Math.min(spots.length - 1, Math.max(0, n));
      spots.forEach((spot, each) => spot.classList.toggle("on", each === here));
      reading.textContent = spots[here].dataset.says;
      plot.setAttribute("aria-valuenow", here + 1);
      plot.setAttribute("aria-valuetext", spots[here].dataset.says);
    };
    const name = plot.getAttribute("aria-label");
    for (const [key, value] of Object.entries({ role: "slider", tabindex: "0", "aria-label": name, "aria-valuemin": 1, "aria-valuemax": spots.length,
      "aria-valuenow": here + 1, "aria-valuetext": spots[here]?.dataset.says ?? "" })) { plot.setAttribute(key, value); }
    const under = (event) => {
      const box = plot.getBoundingClientRect();
      show(Math.max(0, spots.findLastIndex((spot) => spot.firstElementChild.getBoundingClientRect().left <= Math.min(event.clientX, box.right - 1))));
    };
    plot.addEventListener("pointermove", under);
    plot.addEventListener("pointerdown", under);
    plot.addEventListener("focus", () => show(here));
    plot.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, Home: 0, End: spots.length - 1, PageUp: here + 7, PageDown: here - 7 }[event.key];
      if (way === undefined) { return; }
      event.preventDefault();
      show(way);
    });
  };
  const all = (root) => { for (const figure of root.querySelectorAll("[data-reads]:not([data-read])")) { figure.dataset.read = "yes"; start(figure); } };
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:load", (event) => all(event.detail.elt.parentElement || document));
})();
