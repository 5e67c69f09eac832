"use strict";
// The slider of time: all of it, or a moment.
Sternlight.time = (data, layer) => {
  const slider = document.getElementById("moment");
  const whole = document.getElementById("whole");
  const play = document.getElementById("play");
  const says = document.getElementById("says");
  let timer = null;

  const text = mark => `${new Date((data.first + mark * data.step) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

  const show = mark => {
    layer.show({ mark });
    whole.checked = mark === null;
    const told = mark === null ? `all: ${text(0)} to ${text(data.count - 1)}` : text(mark);
    says.textContent = told;
    slider.setAttribute("aria-valuetext", told);
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };

  const step = () => {
    if (Number(slider.value) >= data.count - 1) return stop();
    slider.value = Number(slider.value) + 1;
    show(Number(slider.value));
  };

  slider.max = data.count - 1;
  slider.addEventListener("input", () => show(Number(slider.value)));
  whole.addEventListener("change", () => {
    stop();
    show(whole.checked ? null : Number(slider.value));
  });
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= data.count - 1) slider.value = 0;
    play.textContent = "Stop";
    timer = setInterval(step, 120);
  });
  show(null);
  return mark => {
    stop();
    slider.value = mark;
    show(mark);
  };
};
