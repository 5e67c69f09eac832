"use strict";
// Reads the data of the map: whole numbers, each as the difference to the one before.
const Sternlight = {};

Sternlight.read = () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  return {
    ...data,
    land: data.land.map(ring => Sternlight.pairs(ring, 1000)),
    ways: data.ways.map(([name, told, pieces]) => ({ name, told, pieces: Sternlight.pieces(pieces, data.units) })),
  };
};

Sternlight.pairs = (steps, units) => {
  const lat = new Float64Array(steps.length / 2);
  const lon = new Float64Array(steps.length / 2);
  let y = 0;
  let x = 0;
  for (let i = 0; i < lat.length; i++) {
    y += steps[2 * i];
    x += steps[2 * i + 1];
    lat[i] = y / units;
    lon[i] = x / units;
  }
  return { lat, lon };
};

Sternlight.pieces = (pieces, units) => {
  let [mark, y, x] = [0, 0, 0];
  return pieces.map(steps => {
    const count = steps.length / 3;
    const piece = { mark: new Int32Array(count), lat: new Float64Array(count), lon: new Float64Array(count) };
    for (let i = 0; i < count; i++) {
      mark += steps[3 * i];
      y += steps[3 * i + 1];
      x += steps[3 * i + 2];
      piece.mark[i] = mark;
      piece.lat[i] = y / units;
      piece.lon[i] = x / units;
    }
    return piece;
  });
};

// Where a ship was at a mark: [lat, lon], or null where it was not heard.
Sternlight.at = (way, mark) => {
  for (const piece of way.pieces) {
    const last = piece.mark.length - 1;
    if (mark < piece.mark[0]) return null;
    if (mark > piece.mark[last]) continue;
    let i = 0;
    while (piece.mark[i + 1] <= mark && i < last - 1) i++;
    if (last === 0) return [piece.lat[0], piece.lon[0]];
    const share = (mark - piece.mark[i]) / Math.max(1, piece.mark[i + 1] - piece.mark[i]);
    return [
      piece.lat[i] + share * (piece.lat[i + 1] - piece.lat[i]),
      piece.lon[i] + share * (piece.lon[i + 1] - piece.lon[i]),
    ];
  }
  return null;
};

// Latitude to the north of Mercator's map, in degrees of its equator.
Sternlight.north = lat => {
  const most = 85.05;
  const y = Math.max(-most, Math.min(most, lat)) * Math.PI / 180;
  return Math.log(Math.tan(Math.PI / 4 + y / 2)) * 180 / Math.PI;
};
