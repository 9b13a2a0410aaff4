// The session has run out while a page holds unsaved text: signing in happens in a dialog on the
// spot, nothing is lost. Who signs in as somebody else gets a page of his own; the edits of the
// first user stay in this browser for him.

const STILL = 500; // milliseconds without a key: nobody types the end of a name into the password
const dialog = document.getElementById('signin');
const form = dialog?.querySelector('form');
const problem = document.getElementById('signin-problem');
let callbacks = {};
let wasDismissed = false;
let isWanted = false;
let lastKeyAt = 0;
let status = 0;
let user = '';
let draftKey = '';

// {user, isBusy(), onBack(key of unsaved texts), onStranger(), areDraftsKept()}: the last one says
// whether this browser keeps unsaved text.
function start(given) {
  callbacks = given;
  document.addEventListener('keydown', () => {
    lastKeyAt = Date.now();
  }, true);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  dialog.addEventListener('cancel', () => {
    wasDismissed = true;
  });
  // the second click of a double click may land here: the password keeps the focus
  dialog.addEventListener('mousedown', (event) => {
    if (!event.target.closest('input, button')) event.preventDefault();
  });
  dialog.addEventListener('click', ({target}) => {
    if (target.closest('[data-reload]')) location.reload();
    if (!target.closest('[data-close]')) return;
    wasDismissed = true;
    dialog.close();
  });
  dialog.addEventListener('htmx:after:request', receive);
}

// Opens when the hands are still. Once put off it comes back only when asked for by a button
// (`again`).
function ask({again = false} = {}) {
  if (again) wasDismissed = false;
  if (dialog.open || wasDismissed || isWanted) return;
  isWanted = true;
  if (again) open();
  else openWhenStill();
}

function openWhenStill() {
  const isTyping = callbacks.isBusy() || Date.now() - lastKeyAt < STILL;
  if (isTyping) setTimeout(openWhenStill, 100);
  else open();
}

function open() {
  isWanted = false;
  dialog.showModal(); // closing gives the focus back to the cell
  form.elements.password.focus();
}

async function send() {
  const {password, code} = form.elements; // a code: only where the account asks for one
  const submit = form.querySelector('button.primary');
  if (submit.disabled) return;
  submit.disabled = true;
  status = 0;
  problem.textContent = '';
  await htmx.ajax('POST', form.action, {
    source: dialog,
    target: problem,
    swap: 'none',
    values: Object.fromEntries(new FormData(form)),
  }).catch(() => {});
  submit.disabled = false;
  password.value = '';
  if (code) code.value = '';
  if (status === 204) return onSignedIn();
  const hasReason = problem.textContent.trim() !== '';
  if (!hasReason) problem.textContent = 'Chưa nối được với máy chủ. Hãy thử lại sau ít giây.';
  password.focus();
}

function receive(event) {
  const {response} = event.detail.ctx;
  status = response.status;
  user = response.headers.get('X-User') ?? '';
  draftKey = response.headers.get('X-Draft-Key');
}

function onSignedIn() {
  wasDismissed = false;
  if (user !== callbacks.user) return onStranger();
  dialog.close();
  callbacks.onBack(draftKey);
}

function onStranger() {
  callbacks.onStranger();
  const notice = dialog.querySelector('section');
  const untrue = callbacks.areDraftsKept() ? 'lost' : 'kept';
  notice.querySelector(`[data-drafts="${untrue}"]`).remove();
  notice.hidden = false;
  form.remove();
  dialog.setAttribute('aria-labelledby', 'signin-stranger');
  dialog.querySelector('[data-reload]').focus();
}

export {ask, start};
