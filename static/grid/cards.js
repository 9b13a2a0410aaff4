// On a phone every row is a card: what is right is folded away, and while a field is edited a
// small bar above the keyboard leads on to the next field and the next pupil.

import {button} from '../elements.js';
import {allRows, focusableCells, isEditable, mayEdit, shownRows, table} from './cells.js';
import * as editor from './editor.js';

const phone = matchMedia('(max-width: 760px)');
const bar = document.querySelector('.card-bar');
const goTo = {nowhere: leave, field: goToNextField, person: goToNextPerson};

// Fields as the eye finds them in the card: those with problems first.
function fieldsInOrder(row) {
  const cells = focusableCells(row).filter((cell) => isEditable(cell) && cell.offsetParent);
  const topOf = (cell) => cell.getBoundingClientRect().top;
  return cells.sort((one, other) => topOf(one) - topOf(other));
}

function goToNextField() {
  const active = editor.activeCell();
  const cells = fieldsInOrder(active.parentElement);
  edit(cells[cells.indexOf(active) + 1] ?? firstFieldOf(nextRow()));
}

function goToNextPerson() {
  edit(firstFieldOf(nextRow()));
}

function nextRow() {
  const rows = shownRows();
  return rows[rows.indexOf(editor.activeCell().parentElement) + 1];
}

// What is wrong there, or the same field.
function firstFieldOf(row) {
  const {field} = editor.activeCell().dataset;
  return row?.querySelector('td[data-field][data-problem="error"]')
    ?? row?.querySelector('td[data-field][data-problem]')
    ?? row?.querySelector(`[data-field="${field}"]`);
}

function edit(cell) {
  if (!cell) return leave();
  editor.activate(cell, {reveal: false});
  cell.scrollIntoView({block: 'center'});
  editor.beginEdit();
}

function leave() {
  editor.commit();
  document.activeElement.blur();
}

function foldCards() {
  table.classList.toggle('folding', phone.matches);
  if (!phone.matches || table.querySelector('[data-unfold]')) return;
  for (const row of allRows()) {
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
function placeBar() {
  const view = visualViewport;
  bar.hidden = !phone.matches || document.activeElement !== editor.input;
  if (bar.hidden || !view) return;
  bar.style.top = `${view.offsetTop + view.height - bar.offsetHeight}px`;
}

function startBar() {
  bar.addEventListener('click', ({target}) => goTo[target.dataset.go]?.());
  // The field keeps the focus, the keyboard stays.
  bar.addEventListener('pointerdown', (event) => event.preventDefault());
  for (const name of ['focusin', 'focusout']) {
    table.addEventListener(name, () => setTimeout(placeBar));
  }
  for (const name of ['resize', 'scroll']) visualViewport?.addEventListener(name, placeBar);
}

function start() {
  foldCards();
  phone.addEventListener('change', foldCards);
  if (mayEdit) startBar();
}

export {start};
