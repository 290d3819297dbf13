/* The page begins: its parts are connected, the engine opens the model, and Slide shows a first path. */

import { connectTop } from "../ui/components/top.js";
import { find } from "../ui/components/dom.js";
import { note } from "../ui/components/messages.js";
import { saveBlob } from "../ui/components/results.js";
import { here } from "../ui/components/address.js";
import { againRoom } from "./again_room.js";
import { engineHere } from "./engine_here.js";
import { joinTracks } from "./fields.js";
import { bytesIn, held } from "./held.js";
import { partAt } from "./places.js";
import { openRooms, whenOpened } from "./rooms.js";
import { sampleRoom } from "./sample_room.js";
import { slideRoom } from "./slide_room.js";

async function begin() {
  const data = held();
  connectTop(find(".top"));
  joinTracks();
  find("#model-download").addEventListener("click", () =>
    saveBlob(data.file, new Blob([bytesIn("#kept-model")], { type: "application/octet-stream" })));
  const [slide, sample, again] = [slideRoom(data), sampleRoom(data), againRoom(data)];
  openRooms(data.limitation && !here().tab ? "tab-sample" : "tab-slide");
  try {
    const engine = await engineHere();
    sample.use(engine);
    again(engine);
    whenOpened("tab-sample", sample.open);
    if (!find("#room-sample").hidden) sample.open();
    await slide(engine);
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    partAt("#slide-message", note)({ kind: "error", text: error instanceof Error ? error.message : String(error) });
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
