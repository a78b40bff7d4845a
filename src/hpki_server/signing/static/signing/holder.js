// A command is copied at the press of a button.  Without this script it is marked and copied by hand.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector("[data-copy-said]");
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      said.textContent = button.dataset.copied;
    } catch {
      // No permission, or the page is not served over https: the command is marked, ready for Ctrl+C.
      const range = document.createRange();
      range.selectNodeContents(source);
      const marked = getSelection();
      marked.removeAllRanges();
      marked.addRange(range);
      said.textContent = button.dataset.notCopied;
    }
  });
}
