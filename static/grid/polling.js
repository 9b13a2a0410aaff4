// Others' changes, and one's own from another tab, within five seconds. Asked for only while the
// page is looked at and nothing of ours is under way: an answer that overlaps with a request of
// ours could be older than what the table shows by now, so it is thrown away (patch.js) and asked
// for again.

import {table, tableUrl} from './cells.js';
import {applyDeferred} from './patch.js';
import * as queue from './request_queue.js';
import {clearUp} from './save_status.js';

const INTERVAL = 3600; // milliseconds
const LONGEST = 30_000;
const WHILE_BUSY = 300;
const AFTER_OVERTAKEN = 500;
let timer = 0;
let failures = 0;
let status = 0;
let isAsking = false;

function start() {
  document.addEventListener('htmx:after:request', ({detail: {ctx}}) => {
    if (ctx.isPoll) status = ctx.response.status;
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) schedule(0);
  });
  addEventListener('online', () => schedule(0));
  // An edit ended without a change: what was deferred for its cell may be shown now.
  const observer = new MutationObserver(() => setTimeout(applyDeferred));
  observer.observe(table, {subtree: true, attributeFilter: ['data-editing', 'data-save']});
  schedule(usualPause());
}

// A little earlier or later each time: 44 tables opened by the same bell do not ask together.
function usualPause() {
  return Math.min(INTERVAL * 2 ** failures, LONGEST) * (0.85 + 0.3 * Math.random());
}

function schedule(wait) {
  clearTimeout(timer);
  timer = setTimeout(poll, wait);
}

async function poll() {
  if (document.hidden || isAsking || queue.state.isClosed) return;
  if (!queue.isIdle()) return schedule(WHILE_BUSY);
  isAsking = true;
  status = 0;
  const serial = queue.state.requestsSent;
  const {after, states} = document.getElementById('pulse').dataset;
  const url = `${tableUrl}/changes?after=${after}&states=${states}`;
  await queue.request('GET', url, table, {isPoll: true, serial});
  isAsking = false;
  if (status === 200 || status === 204) onContact();
  else failures += 1;
  if (status === 401) queue.signedOut();
  if (status === 403 || status === 404) return; // the table is not this user's any more
  schedule(serial === queue.state.requestsSent ? usualPause() : AFTER_OVERTAKEN);
}

// The server answers: what stopped for want of it goes on.
function onContact() {
  failures = 0;
  clearUp();
  if (queue.state.isDown && queue.state.retryAt) queue.retryNow();
  if (queue.state.mustSignIn) queue.signedIn(); // in another tab
}

export {start};
