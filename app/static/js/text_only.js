// The one policy (Trusted Types) by which a string becomes HTML in these pages: it does not, it becomes text. Leaflet hands its words to innerHTML,
// and whatever a name holds stays a name. HTML is only what this site has just answered to htmx, word for word: the templates escaped it.
"use strict";
(() => {
  let answer = null;
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const asked = event.detail.xhr;
    const ours = new URL(asked.responseURL, location.href).origin === location.origin;
    answer = ours && (asked.getResponseHeader("Content-Type") || "").startsWith("text/html") ? asked.response : null;
  });
  const answered = (text) => answer !== null && (text === answer || text === `<body><template class="internal-htmx-wrapper">${answer}</template></body>`);
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  if (window.trustedTypes) { window.trustedTypes.createPolicy("default", { createHTML: (text) => answered(text) ? text : plain(text) }); }
})();
