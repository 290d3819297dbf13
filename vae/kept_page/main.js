/* The page begins: its parts are connected, the engine opens the model, and Slide shows a first path. */

import { connectTop } from "../ui/components/top.js";
import { find } from "../ui/components/dom.js";
import { saveBlob } from "../ui/components/results.js";
import { here } from "../ui/components/address.js";
import { setDevice } from "../ui/components/device.js";
import { Device } from "../ui/device/device_model.js";
import { againRoom } from "./again_room.js";
import { engineHere } from "./engine_here.js";
import { joinTracks } from "./fields.js";
import { bytesIn, held } from "./held.js";
import { openRooms } from "./rooms.js";
import { sampleRoom } from "./sample_room.js";
import { slideRoom } from "./slide_room.js";

async function begin() {
  const data = held();
  window.deviceWords = data.words;
  connectTop(find(".top"));
  joinTracks();
  find("#model-download").addEventListener("click", () =>
    saveBlob(data.file, new Blob([bytesIn("#kept-model")], { type: "application/octet-stream" })));
  const rooms = [slideRoom(data), sampleRoom(data), againRoom(data)];
  openRooms(data.limitation && !here().tab ? "tab-sample" : "tab-slide");
  try {
    const engine = await engineHere();
    const device = new Device(engine, "kept", data.name);
    setDevice(device);
    for (const room of rooms) room.use(device);
    const why = await engine.ended;
    setDevice(null);
    throw new Error(`Load this page again. ${why.message}`);
  } catch (error) {
    for (const room of rooms) room.without(error instanceof Error ? error.message : String(error));
  }
}

begin();
