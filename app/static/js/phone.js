// Sharing and copying on a phone; without it the link can be read and pressed long.
"use strict";
document.addEventListener("click", (event) => {
  const shares = event.target.closest("[data-shares]");
  if (shares && navigator.share) { navigator.share({ title: shares.dataset.title, url: shares.dataset.shares }).catch(() => {}); }
  const copies = event.target.closest("[data-copies]") || (shares && !navigator.share && shares);
  if (copies) {
    navigator.clipboard.writeText(copies.dataset.copies || copies.dataset.shares).then(() => { copies.textContent = copies.dataset.copied; });
  }
});
