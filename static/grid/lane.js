// The one lane to the server. Edits and deeds go one after another, in the order they were asked for: no answer can
// arrive out of order, and a paste never overtakes a typed cell. What fails waits here and is sent again with growing
// pauses, at once when the line is back, when something new is asked for, or after signing in.
//
// An item: {url, values(), begin(), accepts(status, text), settle() -> does it stay in the lane?, fail(state), repeatable}; the lane adds
// state (queued, sent, failed, refused), status and step of the last answer, and its turn.

import {table} from './cells.js';

const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds
const ANSWERS = [200, 409, 422], NEVER = [400, 403, 404, 413];
const items = [], watchers = new Set();
let current = null, turns = 0, timer = 0, tries = 0, closed = false, held = false;
const source = document.getElementById('save-state');

export let dueAt = 0;            // when it will be tried again by itself
export let mustSignIn = false;
export let isDown = false;
export const turn = () => turns; // grows with every request of ours
export const isClosed = () => closed;
export const isIdle = () => !current && !items.some((item) => item.state === 'queued');
export const all = () => items;
export const onChange = (watcher) => { watchers.add(watcher); return () => watchers.delete(watcher); };
export const isAnswer = (status) => ANSWERS.includes(status);
export const asUser = () => ({'X-User': table.dataset.user});

// `first`: before whatever else waits (the answer to a question comes before what was asked for after it).
export function join(item, {first = false} = {}) {
  if (!items.includes(item)) items[first ? 'unshift' : 'push'](item);
  if (item !== current) item.state = 'queued';
  wake();
}

export function drop(item) {
  if (items.includes(item)) items.splice(items.indexOf(item), 1);
  tell();
}

// Whatever failed is tried again now, the oldest first.
export function wake() {
  clearTimeout(timer);
  timer = dueAt = 0;
  for (const item of items) if (item.state === 'failed') item.state = 'queued';
  pump();
}

export function signedIn() {
  mustSignIn = false;
  tries = 0;
  wake();
}

export function signedOut() {
  mustSignIn = true;
  tell();
}

// Somebody else is signed in by now: nothing of this page may be sent any more.
export function close() {
  closed = true;
  clearTimeout(timer);
  timer = dueAt = 0;
  tell();
}

// Nothing is sent while a question stands on the screen: the next answer might bring another one in its place.
export function hold() {
  held = true;
}

export function release() {
  held = false;
  wake();
}

async function pump() {
  if (current || closed || held) return tell();
  const item = current = items.find((one) => one.state === 'queued') ?? null;
  if (!item) return tell();
  Object.assign(item, {state: 'sent', status: 0, step: '', turn: ++turns});
  item.begin();
  tell();
  await htmx.ajax('POST', item.url, {
    source, target: source, swap: 'none', values: item.values(), headers: asUser(), item, turn: item.turn,
  }).catch(() => {});
  current = null;
  receive(item);
  pump();
}

function receive(item) {
  const {status} = item;
  if (isAnswer(status)) {
    mustSignIn = isDown = item.hasFailed = false;
    tries = 0;
    if (!item.settle()) items.splice(items.indexOf(item), 1);
    if (items.some((one) => one.state === 'failed')) wake();
  } else if (NEVER.includes(status)) {
    stop(item, 'refused');
  } else {
    if (status === 401) mustSignIn = true;
    stop(item, 'failed');
    isDown = status !== 500 && status !== 401;
    if (status !== 500) for (const other of items) if (other.state === 'queued') stop(other, 'failed'); // the line, not the item
    if (!timer) pause();
  }
}

function stop(item, state) {
  Object.assign(item, {state, hasFailed: true});
  item.fail(state);
  if (state === 'failed' && item.repeatable === false) items.splice(items.indexOf(item), 1);
}

function pause() {
  if (!items.some((item) => item.state === 'failed')) return;
  const wait = 1000 * (mustSignIn ? PAUSES.at(-1) : PAUSES[Math.min(tries, PAUSES.length - 1)]);
  dueAt = Date.now() + wait;
  timer = setTimeout(() => { tries += 1; wake(); }, wait);
}

const tell = () => watchers.forEach((watcher) => watcher());

// The answer is noted before it is laid down. A page of a proxy or a login page has saved nothing, and the late answer
// to a request that was given up must not be shown as newer than the answer to its repetition.
function note(event) {
  const {ctx} = event.detail, {item} = ctx;
  if (!item) return;
  if (item.turn !== ctx.turn || item !== current) return event.preventDefault();
  const {status, headers} = ctx.response;
  item.status = !isAnswer(status) || item.accepts(status, ctx.text) ? status : 0;
  item.step = headers.get('X-Changeset') ?? '';
  if (!item.status) event.preventDefault();
}

export function start() {
  document.addEventListener('htmx:after:request', note);
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => { if (!document.hidden && timer) wake(); });
}
