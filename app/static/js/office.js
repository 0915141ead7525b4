// Small manners of the office pages. Everything works without them except the search dialog, which is a page of its own then.
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const found = document.getElementById("found");
  const seek = () => { if (found && !found.open) { found.showModal(); found.querySelector("input").select(); } };

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggles]");
    if (toggle) {
      const shown = document.getElementById(toggle.dataset.toggles).classList.toggle("shown");
      toggle.setAttribute("aria-expanded", String(shown));
    }
    if (event.target.closest("[data-seek]") && found) { event.preventDefault(); seek(); }
    const asks = event.target.closest("[data-asks]");
    if (asks) { event.preventDefault(); document.getElementById(asks.dataset.asks).showModal(); }
    if (event.target.closest("[data-prints]")) { window.print(); }
    if (event.target.closest("[data-closes]")) { event.target.closest("dialog").close(); }
    const copies = event.target.closest("[data-copies]");
    if (copies) {
      navigator.clipboard.writeText(copies.dataset.copies).then(() => { copies.textContent = copies.dataset.copied; });
    }
    for (const open of document.querySelectorAll("details.drop[open]")) {
      if (!open.contains(event.target)) { open.open = false; }
    }
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && found) { event.preventDefault(); seek(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) { return; }
    const way = { n: "next", p: "first" }[event.key];
    const link = way && document.querySelector(`.pager a[rel="${way}"]`);
    if (link) { link.click(); }
  });

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-sends]")) { event.target.form.requestSubmit(); }
  });
});
