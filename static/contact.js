// Pages that draw themselves anew or save row by row say when the server does not answer, and take it back when it does.
const told = document.querySelector('#lost-contact');
const say = (sentence) => {
  told.textContent = sentence;
  told.hidden = !sentence;
};
const since = () => new Date().toLocaleTimeString('vi-VN');

document.addEventListener('htmx:error', () => {
  if (told.hidden) say(`Mất liên lạc với máy chủ lúc ${since()}. Những gì trên trang là của lúc trước; việc vừa làm có thể chưa được ghi.`);
});
document.addEventListener('htmx:after:request', (event) => {
  const broken = event.detail.ctx.response.status >= 500;
  say(broken ? 'Máy chủ gặp trục trặc nên chưa làm được. Những gì đã lưu vẫn còn; hãy thử lại sau ít phút.' : '');
});
