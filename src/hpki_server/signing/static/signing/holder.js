// A command is copied at the press of a button.  Without this script it is marked and copied by hand.
"use strict";
// Browsers have been seen that neither write nor refuse: nobody waits longer than this for their answer.
const PATIENCE_MS = 2000;
function copied(text) {
  const silence = new Promise((_, refuse) => setTimeout(refuse, PATIENCE_MS));
  return Promise.race([navigator.clipboard.writeText(text), silence]);
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector("[data-copy-said]");
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copied(source.textContent.trim());
      said.textContent = button.dataset.copied;
    } catch {
      // No answer, no permission, or the page is not served over https: the command is marked, ready for Ctrl+C.
      const range = document.createRange();
      range.selectNodeContents(source);
      const marked = getSelection();
      marked.removeAllRanges();
      marked.addRange(range);
      said.textContent = button.dataset.notCopied;
    }
  });
}
