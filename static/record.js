// The form of one record: what was typed there is never lost. A draft stays in this browser until
// the server has it, a broken connection or an ended session is told on the spot, and leaving
// with unsaved text is asked about.

import {button, parseHtml} from './elements.js';
import * as places from './places.js';
import {load, store} from './sealing.js';
import * as signin from './signin.js';

const NO_CONNECTION = 'Chưa lưu được: chưa nối được với máy chủ.'
  + ' Chữ đã gõ còn nguyên ở đây, hãy bấm Lưu lại khi có mạng.';
const NO_SESSION = 'Chưa lưu: phiên làm việc đã hết.'
  + ' Chữ đã gõ còn nguyên ở đây, hãy đăng nhập rồi bấm Lưu lại.';
const REFUSED = 'Không lưu được: hồ sơ không còn ở đây, hoặc thầy cô không được sửa.';
const NOT_SAVED = [409, 422];
const NEVER = [400, 403, 404, 413];
let form = null;
let pressedButton = null;
let isLeaving = false;
let isStorageWorking = true;

const seenOf = (field) => form.elements[`seen-${field.name}`];
const fields = () => [...form.elements].filter((field) => field.name && seenOf(field));
const unsavedFields = () => fields().filter((field) => field.value !== seenOf(field).value);
const draftName = () => `draft/${form.dataset.draft}`;

function keepDraft() {
  const unsaved = unsavedFields();
  if (!unsaved.length) return removeDraft();
  const textsOf = (field) => ({text: field.value, seen: seenOf(field).value});
  const texts = unsaved.map((field) => [field.name, textsOf(field)]);
  attempt(() => store(draftName(), texts, form.dataset.draftKey));
}

function removeDraft() {
  attempt(() => localStorage.removeItem(draftName()));
}

function attempt(access) {
  try {
    return access();
  } catch {
    isStorageWorking = false;
    return null;
  }
}

// What was seen then comes back with the text, so that a change made by somebody else since is
// noticed.
function restoreDraft() {
  const texts = new Map(attempt(() => load(draftName(), form.dataset.draftKey)) ?? []);
  const drafts = fields().filter((field) => texts.has(field.name));
  const restored = drafts.filter((field) => texts.get(field.name).text !== field.value);
  if (!restored.length) return removeDraft();
  for (const field of restored) {
    const {text, seen} = texts.get(field.name);
    field.value = text;
    seenOf(field).value = seen;
  }
  const labels = restored.map((field) => form.querySelector(`[for="${field.id}"]`).textContent);
  const drop = button('Bỏ chữ gõ dở', dropDraft);
  tell(`Chữ gõ dở lần trước, chưa lưu, đã được đặt lại: ${labels.join(', ')}. `, drop);
}

function dropDraft() {
  removeDraft();
  isLeaving = true;
  location.reload();
}

async function save() {
  const body = new URLSearchParams(new FormData(form));
  if (pressedButton?.name) body.append(pressedButton.name, pressedButton.value);
  const headers = {'HX-Request': 'true', 'X-User': form.dataset.user};
  disableButtons(true);
  tell();
  const answer = await fetch(form.action, {method: 'POST', body, headers}).catch(() => null);
  disableButtons(false);
  onAnswer(answer);
}

function disableButtons(isDisabled) {
  for (const each of form.querySelectorAll('.actions button')) each.disabled = isDisabled;
}

async function onAnswer(answer) {
  if (!answer) return tell(NO_CONNECTION);
  const nextPage = answer.headers.get('X-Next');
  if (nextPage) return leaveFor(nextPage);
  if (NOT_SAVED.includes(answer.status)) return show(await answer.text());
  if (answer.status === 401) return askToSignIn();
  tell(NEVER.includes(answer.status) ? REFUSED : NO_CONNECTION);
}

function leaveFor(nextPage) {
  removeDraft();
  isLeaving = true;
  location.assign(nextPage);
}

function askToSignIn() {
  tell(NO_SESSION);
  signin.ask({again: true});
}

// Some fields were not saved: the page as the server draws it now, with what was typed in them.
function show(html) {
  const main = parseHtml(html).querySelector('main');
  document.querySelector('main').replaceChildren(...main.childNodes);
  places.wire();
  wire();
  keepDraft();
  scrollTo(0, 0);
}

function tell(...words) {
  const line = document.getElementById('not-saved');
  line.replaceChildren(...words);
  line.hidden = !words.length;
}

function wire() {
  form = document.querySelector('form.record');
  // change: taken from a list
  for (const name of ['input', 'change']) form.addEventListener(name, keepDraft);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    pressedButton = event.submitter;
    save();
  });
}

wire();
restoreDraft();
addEventListener('beforeunload', (event) => {
  if (!isLeaving && unsavedFields().length) event.preventDefault();
});
signin.start({
  user: form.dataset.user,
  isBusy: () => false,
  onBack: (draftKey) => {
    form.dataset.draftKey = draftKey;
    save();
  },
  onStranger: () => {
    isLeaving = isStorageWorking;
  },
  areDraftsKept: () => isStorageWorking,
});
