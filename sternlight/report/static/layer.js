"use strict";
// One canvas with all that the map shows.  Every point is projected once; a redraw scales it.
const TAIL_MARKS = 18; // three hours behind a ship, when a moment is chosen

Sternlight.Layer = L.Layer.extend({
  initialize(data) {
    this.data = data;
    this.shown = { heard: true, ways: true, others: true, mark: null };
    for (const ring of data.land) ring.y = ring.lat.map(Sternlight.north);
    for (const way of data.ways) for (const piece of way.pieces) piece.y = piece.lat.map(Sternlight.north);
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide");
    this.canvas.setAttribute("aria-hidden", "true");
    map.getPane("overlayPane").appendChild(this.canvas);
    map.on("moveend zoomend resize viewreset", this.draw, this);
    this.draw();
  },

  show(changes) {
    Object.assign(this.shown, changes);
    this.draw();
  },

  draw() {
    const map = this._map;
    const size = map.getSize();
    const ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    this.canvas.width = Math.round(size.x * ratio);
    this.canvas.height = Math.round(size.y * ratio);
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.look = Sternlight.look(this.printing);
    this.scale = 256 * Math.pow(2, map.getZoom()) / 360;
    const corner = map.getPixelBounds().min;
    this.left = 180 - corner.x / this.scale;
    this.top = 180 - corner.y / this.scale;
    this.size = size;
    this.land(pen);
    if (this.shown.heard) this.heard(pen);
    if (this.shown.mark === null) this.whole(pen);
    else this.moment(pen, this.shown.mark);
    this.events(pen);
  },

  x(lon) { return (lon + this.left) * this.scale; },
  y(north) { return (this.top - north) * this.scale; },

  land(pen) {
    pen.fillStyle = this.look.land;
    pen.beginPath();
    for (const ring of this.data.land) {
      for (let i = 0; i < ring.y.length; i++) {
        if (i) pen.lineTo(this.x(ring.lon[i]), this.y(ring.y[i]));
        else pen.moveTo(this.x(ring.lon[i]), this.y(ring.y[i]));
      }
      pen.closePath();
    }
    pen.fill("evenodd");
  },

  heard(pen) {
    const weight = { seldom: 0.1, sometimes: 0.22, often: 0.36 };
    for (const [south, north, west, east, word] of this.data.heard) {
      pen.fillStyle = `rgba(${this.look.heard}, ${weight[word]})`;
      const top = this.y(Sternlight.north(north));
      pen.fillRect(this.x(west), top, (east - west) * this.scale, this.y(Sternlight.north(south)) - top);
    }
  },

  whole(pen) {
    for (const told of [0, 1]) {
      if (!(told ? this.shown.ways : this.shown.others)) continue;
      this.style(pen, told);
      pen.beginPath();
      for (const way of this.data.ways) if (way.told === told) for (const piece of way.pieces) this.line(pen, piece, -Infinity, Infinity);
      pen.stroke();
    }
  },

  // Where ships were at a mark, and how they had come there.
  moment(pen, mark) {
    for (const told of [0, 1]) {
      if (!(told ? this.shown.ways : this.shown.others)) continue;
      this.style(pen, told);
      const places = [];
      pen.beginPath();
      for (const way of this.data.ways) {
        if (way.told !== told) continue;
        for (const piece of way.pieces) this.line(pen, piece, mark - TAIL_MARKS, mark);
        const at = Sternlight.at(way, mark);
        if (at) places.push(at);
      }
      pen.stroke();
      pen.globalAlpha = 1;
      pen.fillStyle = pen.strokeStyle;
      pen.beginPath();
      for (const [lat, lon] of places) {
        const [x, y] = [this.x(lon), this.y(Sternlight.north(lat))];
        pen.moveTo(x, y);
        pen.arc(x, y, told ? 4 : 2.5, 0, 7);
      }
      pen.fill();
    }
  },

  style(pen, told) {
    pen.lineJoin = "round";
    pen.globalAlpha = told ? 0.9 : 0.55;
    pen.lineWidth = told ? 1.8 : 0.8;
    pen.strokeStyle = told ? this.look.a : this.look.soft;
  },

  // Draw what of a piece lies between two marks, its ends where the ship was then.
  line(pen, piece, from, to) {
    const { mark, lon, y } = piece;
    const last = mark.length - 1;
    if (mark[last] < from || mark[0] > to) return;
    const between = (i, when) => (when - mark[i]) / (mark[i + 1] - mark[i]);
    let begun = false;
    for (let i = 0; i <= last; i++) {
      if (mark[i] < from) {
        if (i < last && mark[i + 1] > from) {
          const share = between(i, from);
          pen.moveTo(this.x(lon[i] + share * (lon[i + 1] - lon[i])), this.y(y[i] + share * (y[i + 1] - y[i])));
          begun = true;
        }
        continue;
      }
      if (mark[i] > to) {
        const share = between(i - 1, to);
        pen.lineTo(this.x(lon[i - 1] + share * (lon[i] - lon[i - 1])), this.y(y[i - 1] + share * (y[i] - y[i - 1])));
        break;
      }
      if (begun) pen.lineTo(this.x(lon[i]), this.y(y[i]));
      else pen.moveTo(this.x(lon[i]), this.y(y[i]));
      begun = true;
    }
    if (last === 0) pen.lineTo(this.x(lon[0]) + 0.5, this.y(y[0]));
  },

  events(pen) {
    for (const event of this.data.events) {
      const on = Sternlight.isOn(event, this.shown.mark);
      const [x, y] = [this.x(event.at[1]), this.y(Sternlight.north(event.at[0]))];
      pen.globalAlpha = on ? 1 : 0.35;
      pen.strokeStyle = this.look.mark;
      pen.lineWidth = on ? 2.5 : 1.2;
      pen.beginPath();
      pen.arc(x, y, this.radius(event), 0, 7);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  },

  radius(event) {
    if (!event.radius_nmi) return 7;
    return Math.max(7, event.radius_nmi / 60 * this.scale / Math.cos(event.at[0] * Math.PI / 180));
  },

  // The events within reach of a point on the screen, nearest first.
  near(point) {
    const away = event => Math.hypot(this.x(event.at[1]) - point.x, this.y(Sternlight.north(event.at[0])) - point.y);
    return this.data.events.map(event => [away(event), event]).filter(([far]) => far <= 14)
      .sort((a, b) => a[0] - b[0]).map(([, event]) => event);
  },

  // The ships within reach of a point on the screen.
  ships(point) {
    const found = [];
    for (const way of this.data.ways) {
      const at = this.shown.mark === null ? null : Sternlight.at(way, this.shown.mark);
      const points = at ? [{ lat: [at[0]], y: [Sternlight.north(at[0])], lon: [at[1]] }] : this.shown.mark === null ? way.pieces : [];
      if (points.some(piece => this.touches(piece, point))) found.push(way.name);
    }
    return found;
  },

  touches(piece, point) {
    for (let i = 0; i < piece.lon.length; i++) {
      const j = Math.min(i + 1, piece.lon.length - 1);
      const [ax, ay] = [this.x(piece.lon[i]), this.y(piece.y[i])];
      const [bx, by] = [this.x(piece.lon[j]) - ax, this.y(piece.y[j]) - ay];
      const length = bx * bx + by * by;
      const share = length ? Math.max(0, Math.min(1, ((point.x - ax) * bx + (point.y - ay) * by) / length)) : 0;
      if (Math.hypot(ax + share * bx - point.x, ay + share * by - point.y) <= 5) return true;
    }
    return false;
  },
});

Sternlight.isOn = (event, mark) =>
  mark === null || (event.from <= mark && (event.to === null || event.to >= mark));

// The colours of the page, or those of paper.
Sternlight.look = printing => {
  if (printing) return { land: "#e3dccb", heard: "0, 96, 168", soft: "#555555", a: "#0060a8", mark: "#b0005a" };
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue(`--${name}`).trim();
  return { land: of("land"), heard: of("heard"), soft: of("soft"), a: of("a"), mark: of("mark") };
};
