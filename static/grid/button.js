// A small button made by the script.

export function button(words, act, className = 'small') {
  const made = Object.assign(document.createElement('button'), {type: 'button', textContent: words, className});
  made.addEventListener('click', act);
  return made;
}
