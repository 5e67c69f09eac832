"use strict";
// Puts the parts together, once the page is there.
Sternlight.start = () => {
  const data = Sternlight.read();
  const box = document.getElementById("map");
  const still = { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false };
  const map = L.map(box, { ...still, minZoom: 2, maxZoom: 15, zoomSnap: 0.5, scrollWheelZoom: false });
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution("Coast: Natural Earth; not for navigation");
  L.control.scale({ imperial: false }).addTo(map);
  const [south, north, west, east] = data.view;
  map.fitBounds([[south, west], [north, east]], { padding: [20, 20], maxZoom: 12 });
  const layer = new Sternlight.Layer(data).addTo(map);
  const toMoment = Sternlight.time(data, layer);

  // The wheel turns the page until the map is what is used.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());

  for (const name of ["heard", "ways", "others"]) {
    const tick = document.getElementById(name);
    tick.addEventListener("change", () => layer.show({ [name]: tick.checked }));
  }

  const line = (text, to) => {
    const p = document.createElement("p");
    const inside = to ? document.createElement("a") : p;
    inside.textContent = text;
    if (to) inside.href = to;
    if (to) p.appendChild(inside);
    return p;
  };

  const tell = (at, events, ships) => {
    const said = document.createElement("div");
    for (const event of events.slice(0, 6)) said.appendChild(line(`${event.n}. ${event.says}, score ${event.score.toFixed(2)}`, `#event-${event.n}`));
    for (const name of ships.slice(0, 6)) said.appendChild(line(name));
    const more = Math.max(0, events.length - 6) + Math.max(0, ships.length - 6);
    if (more) said.appendChild(line(`and ${more} more`));
    if (said.childNodes.length) L.popup({ maxWidth: 260 }).setLatLng(at).setContent(said).openOn(map);
  };

  map.on("click", ({ latlng, containerPoint }) => tell(latlng, layer.near(containerPoint), layer.ships(containerPoint)));

  for (const button of document.querySelectorAll("button[data-event]")) {
    button.addEventListener("click", () => {
      const event = data.events[Number(button.dataset.event) - 1];
      toMoment(Math.max(0, Math.min(data.count - 1, event.from)));
      map.setView(event.at, Math.max(map.getZoom(), 9));
      tell(event.at, [event], []);
      box.scrollIntoView({ block: "center" });
      box.focus({ preventScroll: true });
    });
  }

  const redraw = () => layer.draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  // Paper is white, whatever the screen is.
  const paper = on => () => {
    layer.printing = on;
    layer.draw();
  };
  addEventListener("beforeprint", paper(true));
  addEventListener("afterprint", paper(false));
  document.documentElement.dataset.map = "ready";
  Sternlight.layer = layer;
};

document.documentElement.classList.add("scripted");
Sternlight.start();
