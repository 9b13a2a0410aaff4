// F8 goes to the next cell that needs work, Shift+F8 to the one before, around the ends, among the rows shown.

import {isCards, rows} from './cells.js';
import * as editor from './editor.js';
import {NEEDS_WORK} from './filter.js';
import {say} from './announce.js';
import {report} from './steps.js';

export function go(direction) {
  const all = rows().flatMap((row) => [...row.querySelectorAll(`:is(${NEEDS_WORK})`)]);
  if (!all.length) return report('Không còn ô nào cần xem lại trong các dòng đang hiện.');
  const {active} = editor;
  editor.commit();
  const ahead = all.filter((cell) => cell !== active && follows(active, cell) === (direction > 0));
  const next = direction > 0 ? ahead[0] ?? all[0] : ahead.at(-1) ?? all.at(-1);
  editor.activate(next);
  say(`${all.indexOf(next) + 1}/${all.length} ô cần xem lại`);
}

const follows = (cell, other) => !cell || Boolean(cell.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

export function start() {
  addEventListener('keydown', (event) => {
    if (event.key !== 'F8' || event.isComposing || event.ctrlKey || event.altKey || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
  document.getElementById('next-problem').addEventListener('click', () => {
    go(1);
    if (isCards()) editor.beginEdit();
  });
}
