// Small manners of the office pages. Everything works without them except the search dialog, which is a page of its own then.
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const found = document.getElementById("found");
  const seek = () => { if (found && !found.open) { found.showModal(); found.querySelector("input[type=search]").select(); } };

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

  const among = (event) => {  // arrows walk through what was found; Enter in the field opens the first
    const links = [...found.querySelectorAll("#found-rows a")];
    const here = links.indexOf(document.activeElement);
    const fresh = links.length && found.querySelector(".hits").dataset.words === found.querySelector("input[type=search]").value.trim();
    if (event.key === "Enter" && here < 0 && fresh) { event.preventDefault(); links[0].click(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); (links[here + step] || (step < 0 ? found.querySelector("input[type=search]") : links[here]))?.focus(); }
  };

  document.addEventListener("keydown", (event) => {
    if (found && found.open && found.contains(event.target)) { among(event); }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && found) { event.preventDefault(); seek(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) { return; }
    const way = { n: "next", p: "first" }[event.key];
    const link = way && document.querySelector(`.pager a[rel="${way}"]`);
    if (link) { link.click(); }
  });

  document.addEventListener("map:picked", () => {  // a click on a map sends the form that asks about the point
    const form = document.querySelector("form[data-sent-by-map]");
    if (!form) { return; }
    for (const field of form.querySelectorAll("[data-map-clears]")) { field.value = ""; }
    form.requestSubmit();
  });

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-sends]")) { event.target.form.requestSubmit(); }
  });
});
