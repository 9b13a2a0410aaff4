// Lays an answer over the table. htmx asks and parses; a cell keeps its element (and the input in it, if the user is
// there), only its marks and its text are exchanged. A text that is still waiting to be saved is never replaced.

import {show, table} from './cells.js';
import {refresh} from './editor.js';
import {isWaiting, newestText} from './saving.js';

const OWN = new Set(['tabindex', 'data-active', 'data-editing', 'data-save', 'title', 'class']);

export function start() {
  document.addEventListener('htmx:before:swap', (event) => {
    const {tasks} = event.detail;
    for (const task of tasks.filter((one) => table.tBodies[0].contains(one.target))) {
      const fresh = task.fragment.querySelector('td, th');
      if (fresh) lay(task.target, fresh);
      tasks.splice(tasks.indexOf(task), 1);
    }
  });
}

function lay(cell, fresh) {
  if (cell.dataset.value !== fresh.dataset.value && !isWaiting(cell)) flash(cell);
  for (const {name} of [...cell.attributes]) if (!OWN.has(name) && !fresh.hasAttribute(name)) cell.removeAttribute(name);
  for (const {name, value} of [...fresh.attributes]) if (!OWN.has(name) || name === 'class') cell.setAttribute(name, value);
  for (const node of [...cell.childNodes]) if (!node.matches?.('.cell-input')) node.remove();
  cell.prepend(...fresh.childNodes);
  for (const link of cell.querySelectorAll('a')) link.tabIndex = -1;
  if (cell.dataset.status) cell.parentElement.dataset.status = cell.dataset.status;
  if (isWaiting(cell)) show(cell, newestText(cell));
  refresh(cell);
}

function flash(cell) {
  cell.classList.remove('just-changed');
  requestAnimationFrame(() => cell.classList.add('just-changed'));
}
