// Somebody is added to the table. The form leaves the page only for an answer: the browser's own
// page for a broken connection, or the one for signing in, would lose what was typed. Afterwards
// the page goes on at the new row.

import * as signin from '../signin.js';
import {table, tableUrl} from './cells.js';
import * as editor from './editor.js';
import {report} from './grid_actions.js';
import * as queue from './request_queue.js';

const NO_CONNECTION = 'Chưa thêm được: chưa nối được với máy chủ.'
  + ' Chữ đã gõ còn nguyên, hãy bấm thêm lại khi có mạng.';
const NEWER_THAN_ALL = 2 ** 50; // no change has this number yet: the answer is short
const form = document.querySelector('#add form');
// typed, asking or sure: sent only when the server is known to answer
let state = 'typed';

async function onSubmit(event) {
  if (state === 'sure') return;
  event.preventDefault();
  const isSecondClick = state === 'asking';
  if (isSecondClick) return;
  state = 'asking';
  const answer = await askServer();
  state = answer?.ok ? 'sure' : 'typed';
  const submit = () => form.requestSubmit(event.submitter);
  if (answer?.ok) return submit();
  if (answer?.status === 401) return signInAnd(submit);
  report(NO_CONNECTION);
}

function askServer() {
  const headers = {'HX-Request': 'true', ...queue.userHeader()};
  return fetch(`${tableUrl}/changes?after=${NEWER_THAN_ALL}`, {headers}).catch(() => null);
}

function signInAnd(submit) {
  queue.signedOut();
  signin.ask({again: true});
  const stop = queue.onChange(() => {
    if (queue.state.mustSignIn) return;
    stop();
    submit();
  });
}

// What the page says at its top about the new row is read beside the table.
function goToNewRow() {
  const row = document.getElementById(location.hash.slice(1));
  if (!table.contains(row)) return;
  const notice = document.querySelector('main > .done');
  if (notice) report(notice.textContent);
  notice?.remove();
  editor.activate(row.querySelector('[data-problem]') ?? row.querySelector('[data-field]'));
  // A reload goes on where one was.
  history.replaceState(null, '', location.pathname);
}

function start() {
  // A reload shows the table, and sends nothing again.
  if (document.getElementById('add-why')) history.replaceState(null, '', tableUrl);
  form.addEventListener('submit', onSubmit);
}

export {goToNewRow, start};
