// Others' changes, and one's own from another tab, within five seconds. Asked for only while the page is looked at and
// nothing of ours is under way: an answer that overlaps with a request of ours could be older than what the table shows
// by now, so it is thrown away (patch.js) and asked for again.

import {table} from './cells.js';
import * as lane from './lane.js';
import {clearUp} from './line.js';
import {settleHeld} from './patch.js';

const BEAT = 3600, SLOWEST = 30_000; // milliseconds
const home = table && (table.dataset.classId === 'staff' ? '/staff' : `/classes/${table.dataset.classId}`);
let timer = 0, failures = 0, status = 0, isAsking = false;

export function start() {
  document.addEventListener('htmx:after:request', (event) => { if (event.detail.ctx.pulse) status = event.detail.ctx.response.status; });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) next(0); });
  addEventListener('online', () => next(0));
  // an edit ended without a change: what was held back for its cell may be shown now
  new MutationObserver(() => setTimeout(settleHeld)).observe(table, {attributes: true, subtree: true, attributeFilter: ['data-editing', 'data-save']});
  next();
}

// A little earlier or later each time: 44 tables opened by the same bell do not ask together.
function next(wait = Math.min(BEAT * 2 ** failures, SLOWEST) * (0.85 + 0.3 * Math.random())) {
  clearTimeout(timer);
  timer = setTimeout(beat, wait);
}

async function beat() {
  if (document.hidden || isAsking || lane.isClosed()) return;
  if (!lane.isIdle()) return next(300);
  isAsking = true;
  status = 0;
  const turn = lane.turn(), {after, states} = document.getElementById('pulse').dataset;
  await htmx.ajax('GET', `${home}/changes?after=${after}&states=${states}`, {
    source: table, target: table, swap: 'none', headers: lane.asUser(), pulse: true, turn,
  }).catch(() => {});
  isAsking = false;
  const isHeard = status === 200 || status === 204;
  failures = isHeard ? 0 : failures + 1;
  if (isHeard) clearUp(); // the table shows by now what became of it
  if (isHeard && lane.isDown && lane.dueAt) lane.wake(); // the line is back
  if (status === 401) lane.signedOut();
  if (isHeard && lane.mustSignIn) lane.signedIn(); // in another tab
  if (status !== 403 && status !== 404) next(turn === lane.turn() ? undefined : 500);
}
