// The form for newcomers leaves the page only for an answer: the browser's own page for a broken line, or the one for
// signing in, would lose what was typed.

import * as lane from './lane.js';
import * as signin from './signin.js';
import {base, report} from './steps.js';

const form = document.querySelector('#add form');
let state = 'typed'; // asking, sure

async function send(event) {
  if (state === 'sure') return;
  event.preventDefault();
  if (state === 'asking') return; // a second click
  state = 'asking';
  const answer = await fetch(`${base}/changes?after=${2 ** 50}`, {headers: {'HX-Request': 'true', ...lane.asUser()}}).catch(() => null);
  state = answer?.ok ? 'sure' : 'typed';
  if (answer?.ok) return form.requestSubmit(event.submitter);
  if (answer?.status !== 401) return report('Chưa thêm được: chưa nối được với máy chủ. Chữ đã gõ còn nguyên, hãy bấm thêm lại khi có mạng.');
  lane.signedOut();
  signin.ask({again: true});
  const stop = lane.onChange(() => { if (!lane.mustSignIn) { stop(); form.requestSubmit(event.submitter); } });
}

export function start() {
  if (document.getElementById('add-why')) history.replaceState(null, '', base); // a reload shows the table, and sends nothing again
  form.addEventListener('submit', send);
}
