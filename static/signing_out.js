// Signing out takes along what this browser still kept of the user, in all its tabs. The server has
// forgotten the key of those texts by then; here the texts themselves go.

const SIGNED_OUT = 'signed-out';
const form = document.querySelector('form[data-signs-out]');
const page = document.querySelector('[data-signed-out]');

const namesOf = (user) => attempt(() => Object.keys(localStorage).filter((name) => (
  name.startsWith(`unsaved/${user}/`) || name.startsWith(`draft/${user}/`)
))) ?? [];

function attempt(access) {
  try {
    return access();
  } catch { // no storage in this browser: nothing is kept
    return null;
  }
}

function erase(user) {
  namesOf(user).forEach((name) => localStorage.removeItem(name));
  attempt(() => sessionStorage.clear());
  // the other tabs hear it
  attempt(() => localStorage.setItem(SIGNED_OUT, `${user} ${Date.now()}`));
  attempt(() => localStorage.removeItem(SIGNED_OUT));
}

function askFirst(event) {
  const user = form.dataset.signsOut;
  const count = namesOf(user).length;
  const question = `Máy này còn giữ ${count} chỗ thầy cô đã gõ mà chưa lưu được.`
    + ' Đăng xuất thì những chữ đó bị xóa. Vẫn đăng xuất?';
  if (count && !confirm(question)) event.preventDefault();
}

function leaveToo({key, newValue}) {
  if (key === SIGNED_OUT && newValue?.startsWith(`${form.dataset.signsOut} `)) location.reload();
}

if (page) erase(page.dataset.signedOut);
if (form) {
  document.addEventListener('submit', (event) => {
    if (event.target.matches('[data-signs-out]')) askFirst(event);
  });
  addEventListener('storage', leaveToo);
}
