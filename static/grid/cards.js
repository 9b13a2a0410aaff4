// On a phone every row is a card: what is right is folded away, and while a field is edited a small bar above the
// keyboard leads on to the next field and the next pupil.

import {button} from './button.js';
import {isEditable, mayEdit, rows, stops, table} from './cells.js';
import * as editor from './editor.js';

const phone = matchMedia('(max-width: 760px)');
const bar = Object.assign(document.createElement('div'), {className: 'card-bar', hidden: true});

// Fields as the eye finds them in the card: those with problems first.
function inOrder(row) {
  const cells = stops(row).filter((cell) => isEditable(cell) && cell.offsetParent);
  return cells.sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top);
}

function nextField() {
  const {active} = editor, cells = inOrder(active.parentElement);
  goTo(cells[cells.indexOf(active) + 1] ?? firstOf(nextRow()));
}

function nextPupil() {
  goTo(firstOf(nextRow()));
}

function nextRow() {
  const all = rows();
  return all[all.indexOf(editor.active.parentElement) + 1];
}

// What is wrong there, or the same field.
function firstOf(row) {
  return row?.querySelector('td[data-field][data-problem="error"]') ?? row?.querySelector('td[data-field][data-problem]')
    ?? row?.querySelector(`[data-field="${editor.active.dataset.field}"]`);
}

function goTo(cell) {
  if (!cell) return done();
  editor.activate(cell, {reveal: false});
  cell.scrollIntoView({block: 'center'});
  editor.beginEdit();
}

function done() {
  editor.commit();
  document.activeElement.blur();
}

function foldAll() {
  table.classList.toggle('folding', phone.matches);
  if (!phone.matches || table.querySelector('[data-unfold]')) return;
  for (const row of table.tBodies[0].rows) {
    const toggle = button('Xem đủ các mục', () => unfold(row, toggle), 'quiet small');
    toggle.dataset.unfold = '';
    toggle.setAttribute('aria-expanded', 'false');
    row.querySelector('.stt').append(toggle);
  }
}

function unfold(row, toggle) {
  const isOpen = row.toggleAttribute('data-open');
  toggle.textContent = isOpen ? 'Thu gọn' : 'Xem đủ các mục';
  toggle.setAttribute('aria-expanded', String(isOpen));
}

// At the lower edge of what the keyboard leaves free.
function follow() {
  const view = visualViewport;
  bar.hidden = !phone.matches || document.activeElement !== editor.input;
  if (!bar.hidden && view) bar.style.top = `${view.offsetTop + view.height - bar.offsetHeight}px`;
}

export function start() {
  foldAll();
  phone.addEventListener('change', foldAll);
  if (!mayEdit) return;
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Đang sửa');
  const who = table.dataset.classId === 'staff' ? 'người' : 'em';
  bar.append(button('Xong', done, ''), button('Mục sau', nextField, ''), button(`Lưu và ${who} tiếp theo`, nextPupil, 'primary'));
  bar.addEventListener('pointerdown', (event) => event.preventDefault()); // the field keeps the focus, the keyboard stays
  document.body.append(bar);
  for (const name of ['focusin', 'focusout']) table.addEventListener(name, () => setTimeout(follow));
  for (const name of ['resize', 'scroll']) visualViewport?.addEventListener(name, follow);
}
