// The one queue to the server. Edits and bulk requests go one after another, in the order they
// were asked for: no answer can arrive out of order, and a paste never overtakes a typed cell.
// What fails waits here and is sent again with growing pauses; at once when the network is back,
// when something new is asked for, or after signing in.
//
// An item: {url, values(), begin(), accepts(status, text), onResponse() -> does it stay in the
// queue?, fail(state), giveUp(), repeatable}. The queue adds its state (queued, sent, failed,
// refused), status and step of the last answer, and the serial number of its request.

import {htmxLoaded} from '../later.js';
import {table} from './cells.js';

const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds
const ANSWERED = [200, 409, 422];
const NEVER = [400, 403, 404, 413];
const saveState = document.getElementById('save-state');
const items = [];
const watchers = new Set();
let current = null;
let timer = 0;
let tries = 0;
let isHeld = false;
// For the others to read. retryAt: when it will be tried again by itself; 0: nothing is planned.
const state = {isClosed: false, isDown: false, mustSignIn: false, requestsSent: 0, retryAt: 0};

const all = () => items;
const isIdle = () => !current && !items.some((item) => item.state === 'queued');
const isAnswer = (status) => ANSWERED.includes(status);
const userHeader = () => ({'X-User': table.dataset.user});
const notify = () => watchers.forEach((watcher) => watcher());

function onChange(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

// `first`: before whatever else waits (the answer to a question comes before what was asked for
// after it).
function enqueue(item, {first = false} = {}) {
  if (!items.includes(item)) items[first ? 'unshift' : 'push'](item);
  if (item !== current) item.state = 'queued';
  retryNow();
}

function remove(item) {
  if (items.includes(item)) items.splice(items.indexOf(item), 1);
}

function drop(item) {
  remove(item);
  notify();
}

// Whatever failed is tried again now, the oldest first.
function retryNow() {
  cancelRetry();
  for (const item of items) {
    if (item.state === 'failed') item.state = 'queued';
  }
  sendNext();
}

function cancelRetry() {
  clearTimeout(timer);
  timer = 0;
  state.retryAt = 0;
}

function signedIn() {
  state.mustSignIn = false;
  tries = 0;
  retryNow();
}

function signedOut() {
  state.mustSignIn = true;
  notify();
}

// Somebody else is signed in by now: nothing of this page may be sent any more.
function close() {
  state.isClosed = true;
  cancelRetry();
  notify();
}

// Nothing is sent while a question stands on the screen: the next answer might bring another one
// in its place.
function hold() {
  isHeld = true;
}

function release() {
  isHeld = false;
  retryNow();
}

async function sendNext() {
  if (current || state.isClosed || isHeld) return notify();
  const item = items.find((waiting) => waiting.state === 'queued');
  if (!item) return notify();
  current = item;
  state.requestsSent += 1;
  Object.assign(item, {state: 'sent', status: 0, step: '', serial: state.requestsSent});
  item.begin();
  notify();
  const {url, serial} = item;
  await request('POST', url, saveState, {values: item.values(), item, serial});
  current = null;
  receive(item);
  sendNext();
}

// Never rejects: what came of it is heard from htmx's events, where `more` stands in their ctx.
async function request(method, url, source, more) {
  const options = {source, target: source, swap: 'none', headers: userHeader(), ...more};
  try {
    await htmxLoaded();
    await htmx.ajax(method, url, options);
  } catch { /* no event came, or one that said so */ }
}

function receive(item) {
  if (isAnswer(item.status)) return takeAnswer(item);
  if (NEVER.includes(item.status)) return stop(item, 'refused');
  takeFailure(item);
}

function takeAnswer(item) {
  state.mustSignIn = false;
  state.isDown = false;
  item.hasFailed = false;
  tries = 0;
  const stays = item.onResponse();
  if (!stays) remove(item);
  if (items.some((waiting) => waiting.state === 'failed')) retryNow();
}

function takeFailure(item) {
  const {status} = item;
  if (status === 401) state.mustSignIn = true;
  stop(item, 'failed');
  state.isDown = status !== 500 && status !== 401;
  // With a 500 this one item is at fault; else the network or the session, and nothing gets
  // through.
  const stuck = status === 500 ? [] : items.filter((waiting) => waiting.state === 'queued');
  stuck.forEach((waiting) => stop(waiting, 'failed'));
  if (!timer) scheduleRetry();
}

function stop(item, outcome) {
  Object.assign(item, {state: outcome, hasFailed: true});
  item.fail(outcome);
  if (outcome === 'failed' && item.repeatable === false) remove(item);
}

function scheduleRetry() {
  if (!items.some((item) => item.state === 'failed')) return;
  const longest = PAUSES.length - 1;
  const wait = 1000 * PAUSES[state.mustSignIn ? longest : Math.min(tries, longest)];
  state.retryAt = Date.now() + wait;
  timer = setTimeout(() => {
    tries += 1;
    retryNow();
  }, wait);
}

// The answer is noted before it is shown. A page of a proxy or a login page has saved nothing,
// and the late answer to a request that was given up must not be shown as newer than the answer
// to its repetition.
function noteAnswer(event) {
  const {ctx} = event.detail;
  const {item} = ctx;
  if (!item) return;
  if (item.serial !== ctx.serial || item !== current) return event.preventDefault();
  const {status, headers} = ctx.response;
  item.status = !isAnswer(status) || item.accepts(status, ctx.text) ? status : 0;
  item.step = headers.get('X-Changeset') ?? '';
  if (!item.status) event.preventDefault();
}

function start() {
  document.addEventListener('htmx:after:request', noteAnswer);
  addEventListener('online', retryNow);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && timer) retryNow();
  });
}

export {
  all, close, drop, enqueue, hold, isAnswer, isIdle, onChange, release, request, retryNow,
  signedIn, signedOut, start, state, userHeader,
};
