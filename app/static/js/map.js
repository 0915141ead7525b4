// Draws the maps of components/maps.html: reads the JSON that data-map names, draws places on the coast of the world, a legend and a table beside.
"use strict";
(() => {
  const SIZES = [4, 5, 6, 7, 8];
  const COAST_UP_TO = 10;  // nearer, a coast that is straightened by two kilometres would put a quay into the sea
  const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

  const made = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text) { element.textContent = text; }
    for (const [name, value] of Object.entries(attributes)) { element.setAttribute(name, value); }
    return element;
  };
  // Leaflet takes a string for HTML: what it shows is handed over as elements with text in them, never as a string
  const line = (...parts) => made("span", parts.filter(Boolean).join(" · "));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const read = async (url) => {
    const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) { throw new Error(`${url}: ${answer.status}`); }
    return answer.json();
  };

  class StoreMap {
    constructor(box) {
      this.box = box;
      this.words = JSON.parse(box.dataset.words);
      this.said = box.appendChild(made("p", this.words.loading, { class: "said" }));
      this.figure = box.closest("figure");
    }

    async begin() {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.map = L.map(this.box, { preferCanvas: true, zoomControl: false, attributionControl: false, scrollWheelZoom: false, worldCopyJump: true, minZoom: 2, maxZoom: 18, zoomAnimation: !still, fadeAnimation: !still });
      L.control.zoom({ zoomInText: "+", zoomOutText: "−", zoomInTitle: this.words.in, zoomOutTitle: this.words.out }).addTo(this.map);
      L.control.scale({ imperial: false }).addTo(this.map);
      this.map.on("focus", () => this.map.scrollWheelZoom.enable()).on("blur", () => this.map.scrollWheelZoom.disable());
      this.map.setView([35, 105], 4);
      for (const [name, order] of [["coast", 190], ["land", 210], ["grid", 220], ["areas", 390]]) { this.map.createPane(name).style.zIndex = String(order); }
      if (this.box.dataset.tiles) { this.tiles(); }
      this.map.on("popupopen", (event) => this.closing(event.popup.getElement().querySelector(".leaflet-popup-close-button")));
      this.grid = L.layerGroup().addTo(this.map);
      this.towns = L.layerGroup().addTo(this.map);
      this.map.on("moveend", () => { this.near(); this.drawGrid(); this.drawTowns(); });
      this.clickable();
      await this.load(this.box.dataset.map);
      if (this.box.dataset.towns) { read(this.box.dataset.towns).then((names) => { this.names = names; this.drawTowns(); }).catch(() => {}); }
      read(this.box.dataset.coast).then((outline) => this.land("coast", outline, [-360, 0, 360])).catch(() => {});
      if (this.box.dataset.outline) { read(this.box.dataset.outline).then((outline) => this.land("land", outline, [0])).catch(() => {}); }
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.draw(this.answer, false); this.drawGrid(); });
    }

    async load(url) {
      this.answer = await read(url);
      this.draw(this.answer, true);
      this.legend(this.answer.legend);
      this.table();
    }

    tiles() {
      L.tileLayer(this.box.dataset.tiles, { maxZoom: 18 }).addTo(this.map);
      const credit = L.control({ position: "bottomright" });
      credit.onAdd = () => made("div", this.box.dataset.credit, { class: "leaflet-control-attribution" });
      if (this.box.dataset.credit) { credit.addTo(this.map); }
    }

    closing(button) {
      button.replaceChildren(made("span", "×", { "aria-hidden": "true" }));
      button.setAttribute("aria-label", this.words.close);
    }

    // the ground, once more to either side of the date line where the map may be seen across it
    land(pane, outline, turns) {
      const style = () => ({ color: colour("--map-line"), weight: 1, fillColor: colour("--map-land"), fillOpacity: 1 });
      for (const turn of turns) {
        const ground = L.geoJSON(outline, { pane, interactive: false, style, coordsToLatLng: ([lng, lat]) => L.latLng(lat, lng + turn) }).addTo(this.map);
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ground.setStyle(style()));
      }
      this.near();
    }

    near() {
      const near = this.map.getZoom() > COAST_UP_TO;
      this.map.getPane("coast").hidden = near;
      this.box.classList.toggle("near", near);
    }

    style(facts) {
      if (facts.mark === "focus") { return { radius: 10, color: colour("--brand-strong"), weight: 3, fillColor: colour("--brand"), fillOpacity: 1 }; }
      if (facts.mark === "person") { return { radius: 8, color: colour("--wrong"), weight: 3, fillColor: colour("--surface"), fillOpacity: 1 }; }
      if (facts.mark === "faint") { return { radius: 5, color: colour("--edge"), weight: 1, fillColor: colour("--map-none"), fillOpacity: 0.9 }; }
      if (facts.mark === "loss" && facts.class !== undefined) { return { radius: SIZES[facts.class], color: colour("--wrong"), weight: 2.5, fillColor: colour("--surface"), fillOpacity: 0.6 }; }
      if (facts.class !== undefined) { return { radius: SIZES[facts.class], color: colour("--surface"), weight: 1, fillColor: colour(`--map-${facts.class + 1}`), fillOpacity: 0.9 }; }
      if (facts.value !== undefined) { return { radius: 4, color: colour("--edge"), weight: 1.5, fillColor: colour("--map-none"), fillOpacity: 0.9 }; }
      if (facts.mark === "wait") { return { radius: 5, color: colour("--wait"), weight: 2, fillColor: colour("--map-none"), fillOpacity: 1 }; }
      if (facts.mark === "off") { return { radius: 4, color: colour("--edge"), weight: 1, fillColor: colour("--edge"), fillOpacity: 0.4 }; }
      return { radius: 5, color: colour("--surface"), weight: 1, fillColor: colour("--brand"), fillOpacity: 0.9 };
    }

    url(facts) {
      if (facts.url) { return facts.url; }
      return this.answer.door && facts.code && !facts.shut ? this.answer.door.replace("CODE", encodeURIComponent(facts.code)) : null;
    }

    about(facts) { return [facts.written, facts.words].filter(Boolean).join(" · "); }

    popup(facts) {
      const box = made("div"), url = this.url(facts);
      const head = box.appendChild(made("p"));
      head.append(url ? made("a", facts.name, { href: url }) : made("strong", facts.name), " ", made("span", facts.code || "", { class: "soft code" }));
      if (this.about(facts)) { box.append(made("p", (facts.written && this.answer.head ? `${this.answer.head}: ` : "") + this.about(facts))); }
      return box;
    }

    draw(answer, fit) {
      if (this.layer) { this.layer.remove(); }
      const rank = (feature) => feature.geometry.type !== "Point" ? -2 : { focus: 9, person: 10, faint: -1 }[feature.properties.mark] ?? feature.properties.class ?? -1;
      const features = [...answer.features].sort((a, b) => rank(a) - rank(b));
      this.layer = L.featureGroup();
      const within = L.latLngBounds([]);
      for (const feature of features) {
        const facts = feature.properties;
        if (feature.geometry.type === "Point") {
          const at = L.latLng(feature.geometry.coordinates[1], feature.geometry.coordinates[0]);
          if (facts.radius) { within.extend(L.circle(at, { radius: facts.radius, pane: "areas", interactive: false, color: colour("--brand"), weight: 1.5, dashArray: "6 4", fillOpacity: 0.06 }).addTo(this.layer).addTo(this.map).getBounds()); }
          L.circleMarker(at, this.style(facts)).bindTooltip(() => line(facts.name, this.about(facts))).bindPopup(() => this.popup(facts)).addTo(this.layer);
          within.extend(at);
        } else {
          const area = L.geoJSON(feature, { pane: "areas", style: { color: colour(facts.kind === "service_area" ? "--brand" : "--map-area"), weight: 2, fillOpacity: 0.12, dashArray: facts.kind === "isolated" ? "6 4" : null } });
          area.bindTooltip(() => line(facts.name, facts.words), { sticky: true });
          if (!this.box.dataset.click) { area.bindPopup(() => this.popup(facts)); }
          area.addTo(this.layer);
          within.extend(area.getBounds());
        }
      }
      this.layer.addTo(this.map);
      this.said.textContent = features.length ? "" : this.words.empty;
      if (!fit) { return; }
      if (answer.bounds) { this.map.fitBounds(answer.bounds, { padding: [24, 24], maxZoom: 15, animate: false }); }
      else if (within.isValid()) { this.map.fitBounds(within, { padding: [24, 24], maxZoom: 14, animate: false }); }
      else { this.drawGrid(); }
    }

    drawGrid() {
      this.grid.clearLayers();
      const seen = this.map.getBounds(), degree = this.map.getSize().x / (seen.getEast() - seen.getWest());
      const step = [...STEPS].reverse().find((each) => each * degree >= 110) || STEPS[0];
      const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      const stroke = { pane: "grid", interactive: false, color: colour("--map-grid"), weight: 1 };
      const mark = (at, text, anchor) => L.marker(at, { pane: "grid", interactive: false, keyboard: false, icon: L.divIcon({ className: "degrees", html: made("span", text), iconAnchor: anchor }) }).addTo(this.grid);
      const south = Math.max(-85, seen.getSouth()), north = Math.min(85, seen.getNorth());
      for (let n = Math.ceil(seen.getWest() / step); n * step <= seen.getEast(); n += 1) {
        L.polyline([[south, n * step], [north, n * step]], stroke).addTo(this.grid);
        if (this.map.latLngToContainerPoint([north, n * step]).x > 56) { mark([north, n * step], `${Math.abs(n * step).toFixed(digits)}° ${n < 0 ? "W" : "E"}`, [-3, 0]); }
      }
      for (let n = Math.ceil(south / step); n * step <= north; n += 1) {
        L.polyline([[n * step, seen.getWest()], [n * step, seen.getEast()]], stroke).addTo(this.grid);
        if (this.map.latLngToContainerPoint([n * step, seen.getEast()]).y > 36) { mark([n * step, seen.getEast()], `${Math.abs(n * step).toFixed(digits)}° ${n < 0 ? "S" : "N"}`, [56, 16]); }
      }
    }

    // names of towns for those who must find their way without land: the biggest in view that do not stand on one another
    drawTowns() {
      this.towns.clearLayers();
      const seen = this.map.getBounds(), zoom = this.map.getZoom(), taken = [];
      for (const [name, lat, lng, from] of this.names || []) {
        if (taken.length >= 24 || from > zoom) { break; }
        if (!seen.contains([lat, lng])) { continue; }
        const at = this.map.latLngToContainerPoint([lat, lng]);
        if (at.y < 30 || taken.some((other) => Math.abs(other.x - at.x) < 90 && Math.abs(other.y - at.y) < 24)) { continue; }
        taken.push(at);
        L.marker([lat, lng], { pane: "grid", interactive: false, keyboard: false, icon: L.divIcon({ className: "town", html: made("span", name), iconAnchor: [-8, 8] }) }).addTo(this.towns);
      }
    }

    legend(legend) {
      const box = this.figure.querySelector(".map-legend");
      box.replaceChildren();
      box.hidden = !legend;
      if (!legend) { return; }
      const key = (name, size, words) => {
        const one = box.appendChild(made("span"));
        const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg"), dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
        for (const [a, value] of [["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) { picture.setAttribute(a, value); }
        for (const [a, value] of [["cx", 10], ["cy", 10], ["r", size], ["class", name]]) { dot.setAttribute(a, value); }
        picture.append(dot);
        one.append(picture, words);
      };
      box.append(made("strong", legend.title));
      if (legend.none.number) { key("none", 4, `${legend.none.words} (${legend.none.number})`); }
      legend.classes.forEach((each, n) => key(`c${n}`, SIZES[n], `${each.from === each.to ? each.from : `${each.from} – ${each.to}`} (${each.number})`));
    }

    table() {
      const details = this.figure.querySelector("details"), box = details.querySelector(".rows");
      const fill = () => {
        const table = made("table"), head = table.createTHead().insertRow();
        const numbers = Boolean(this.answer.legend);
        for (const [words, right] of [[this.words.place], [this.words.code], ...(numbers ? [[this.answer.head, true]] : []), [this.words.about]]) {
          head.append(made("th", words, right ? { scope: "col", class: "right" } : { scope: "col" }));
        }
        const body = table.createTBody();
        const rows = this.answer.features.map((feature) => feature.properties).sort((a, b) => numbers ? (b.value ?? -Infinity) - (a.value ?? -Infinity) : 0);
        for (const facts of rows) {
          const row = body.insertRow(), url = this.url(facts);
          row.insertCell().append(url ? made("a", facts.name, { href: url }) : facts.name);
          row.insertCell().append(made("span", facts.code || "–", { class: "code" }));
          if (numbers) { const cell = row.insertCell(); cell.className = "right"; cell.append(facts.written || "–"); }
          row.insertCell().append(facts.words || "–");
        }
        box.replaceChildren(table);
      };
      box.replaceChildren();
      details.ontoggle = () => { if (details.open && !box.firstChild) { fill(); } };
      if (details.open) { fill(); }
    }

    clickable() {
      if (!this.box.dataset.click) { return; }
      const fields = Object.fromEntries(Object.entries(JSON.parse(this.box.dataset.click)).map(([name, id]) => [name, document.getElementById(id)]));
      const put = (at) => {
        if (!this.pin) { this.pin = L.circleMarker(at, this.style({ mark: "person" })).bindTooltip(() => line(this.words.picked)).addTo(this.map); }
        this.pin.setLatLng(at);
      };
      this.map.on("click", (event) => {
        const at = event.latlng.wrap();
        put(at);
        fields.lat.value = at.lat.toFixed(6);
        fields.lng.value = at.lng.toFixed(6);
        if (fields.crs) { fields.crs.value = "wgs84"; }
        fields.lng.dispatchEvent(new Event("change", { bubbles: true }));
        this.box.dispatchEvent(new CustomEvent("map:picked", { bubbles: true, detail: { latitude: at.lat, longitude: at.lng } }));
      });
    }
  }

  const start = (root) => {
    for (const box of root.querySelectorAll("[data-map]:not([data-drawn])")) {
      box.dataset.drawn = "yes";
      const one = new StoreMap(box);
      box.storeMap = one;  // a page may call load(url) for another figure
      one.begin().catch(() => { one.said.textContent = one.words.failed; box.classList.add("failed"); });
    }
  };
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement || document));
})();
