// What the page does beyond htmx: dialogs, the window in which Zoho asks for consent, and where errors appear.
"use strict";

const CHANNEL = "tieout";
const POPUP = "tieout-zoho";
const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;

// --- Dialogs: htmx puts one into #modal, we open it as a modal; Escape and [data-close] close it.

function openDialog(dialog) {
  dialog.addEventListener("close", () => { document.getElementById("modal").replaceChildren(); }, { once: true });
  dialog.showModal();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "modal") return;
  const dialog = event.detail.target.querySelector("dialog");
  if (dialog && !dialog.open) openDialog(dialog);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const closer = event.target.closest("dialog [data-close]");
  if (!closer) return;
  event.preventDefault();
  closer.closest("dialog").close();
});

document.addEventListener("settings-saved", () => { window.location.reload(); });

// --- While an answer takes its time: a line of its own that moves nothing, read out once, gone with the answer.

let busyTimer = 0;

function sayBusy(asker) {
  const place = document.querySelector("dialog[open]") || document.body;
  const line = document.createElement("p");
  line.className = "busy";
  line.setAttribute("role", "status");
  place.append(line);
  line.textContent = `${asker.dataset.busy || "Asking Zoho Books."} This may take a moment.`;
}

function busyOver() {
  window.clearTimeout(busyTimer);
  document.querySelectorAll(".busy").forEach((line) => { line.remove(); });
}

function isPolled(asker) { return (asker.getAttribute("hx-trigger") || "").startsWith("every"); }

document.addEventListener("htmx:beforeRequest", (event) => {
  const asker = event.detail.elt;
  if (isPolled(asker) || asker.hasAttribute("data-looks-again")) return;
  busyOver();
  busyTimer = window.setTimeout(sayBusy, 300, asker);
});
document.addEventListener("htmx:afterRequest", (event) => { if (!isPolled(event.detail.elt)) busyOver(); });

// --- "All" and single channels exclude each other.

document.addEventListener("change", (event) => {
  const tick = event.target.closest('.choices input[type="checkbox"]');
  if (!tick || !tick.checked) return;
  tick.closest(".choices").querySelectorAll('input[type="checkbox"]').forEach((other) => {
    if ((other.value === "all") !== (tick.value === "all")) other.checked = false;
  });
});

// --- Errors of an open dialog belong into it, not behind it.

document.addEventListener("htmx:beforeSwap", (event) => {
  const notice = document.querySelector("dialog[open] [data-notice]");
  if (notice && event.detail.xhr.status >= 400 && event.detail.xhr.status !== 422) event.detail.target = notice;
});

// --- The consent window. It is opened by the click itself, else browsers block it; the form is then posted into it.
// Nothing a message says is believed: it only makes the page ask the server what is true.

function lookAgain() {
  document.querySelectorAll("[data-looks-again]").forEach((part) => { htmx.trigger(part, "look-again"); });
}

function watch(popup) {
  const timer = window.setInterval(() => {
    lookAgain();
    if (popup.closed) window.clearInterval(timer);
  }, 3000);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-popup")) return;
  const popup = window.open("", POPUP, "popup,width=560,height=760");
  form.target = popup ? POPUP : "_self";
  if (popup) watch(popup);
});

window.addEventListener("message", (event) => {
  if (event.origin === window.location.origin) lookAgain();
});
if (channel) channel.addEventListener("message", lookAgain);

// --- The page Zoho sends the window back to: tell the others to look, and close.

if (document.body && document.body.hasAttribute("data-returned")) {
  if (channel) channel.postMessage("look");
  if (window.opener) window.opener.postMessage("look", window.location.origin);
  if (window.name === POPUP) window.close();
  else window.location.replace(document.body.dataset.returned);
}
