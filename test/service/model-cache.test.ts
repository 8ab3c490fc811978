import { describe, expect, it } from "vitest";
import type { Fault, ModelSource, Opened, UpliftModel } from "../../src/core/ports.ts";
import { ModelCache } from "../../src/service/model-cache.ts";

const FAULT: Fault = { path: "model.onnx", rule: "is empty" };

/** A model that scores nothing but tells when it is freed. */
class ShelfModel implements UpliftModel {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly createdAt = "2026-11-21T00:00:00Z";
  readonly expiresAt = null;
  readonly maxAgeMs = null;
  readonly outputs = { actions: [], heads: [], replicates: 1, calibration: {} };
  readonly contract = { set: "", digest: "", features: [] };
  readonly manifest = {};
  readonly released: Promise<void>;
  isReleased = false;
  #tellReleased: () => void = () => undefined;

  constructor(id: string, digest: string) {
    const [name = "", version = ""] = id.split("/");
    this.name = name;
    this.version = version;
    this.digest = digest;
    this.released = new Promise((resolve) => {
      this.#tellReleased = resolve;
    });
  }

  async score(): Promise<{ readonly heads: Record<string, never>; readonly row: number }> {
    return { heads: {}, row: 0 };
  }

  async release(): Promise<void> {
    this.isReleased = true;
    this.#tellReleased();
  }
}

/** Models in memory in the place of folders: a digest, or the fault of a folder that is refused. */
class Shelf implements ModelSource {
  readonly folders = new Map<string, string | Fault | Error>();
  readonly opened: ShelfModel[] = [];
  readable = true;
  busy = 0;
  busiest = 0;

  async list(): Promise<readonly string[]> {
    if (!this.readable) throw new Error("EACCES");
    this.busy += 1;
    this.busiest = Math.max(this.busiest, this.busy);
    return [...this.folders.keys()].toSorted();
  }

  async digestOf(id: string): Promise<string | null> {
    const folder = this.folders.get(id);
    return typeof folder === "string" ? folder : null;
  }

  async open(id: string): Promise<Opened<UpliftModel>> {
    const folder = this.folders.get(id);
    if (folder instanceof Error) throw folder;
    if (typeof folder !== "string") return { ok: false, faults: [folder ?? FAULT] };
    const model = new ShelfModel(id, folder);
    this.opened.push(model);
    return { ok: true, value: model };
  }
}

function shelfWith(folders: Readonly<Record<string, string | Fault | Error>>): Shelf {
  const shelf = new Shelf();
  for (const [id, folder] of Object.entries(folders)) shelf.folders.set(id, folder);
  return shelf;
}

describe("the model cache", () => {
  it("loads every good folder and reports the others", async () => {
    const cache = new ModelCache(shelfWith({ "a/1": "d1", "b/1": FAULT }));
    expect(await cache.reload()).toEqual([
      { id: "a/1", outcome: "loaded", faults: [] },
      { id: "b/1", outcome: "refused", faults: [FAULT] },
    ]);
    expect(cache.find("a", "1")?.digest).toBe("d1");
    expect(cache.find("b", "1")).toBeUndefined();
    expect(cache.find("a", "2")).toBeUndefined();
    expect(cache.list().map(({ digest }) => digest)).toEqual(["d1"]);
    await cache.close();
  });

  it("opens again only what changed", async () => {
    const shelf = shelfWith({ "a/1": "d1", "b/1": "d1" });
    const cache = new ModelCache(shelf);
    await cache.reload();
    const [a] = shelf.opened;
    shelf.folders.set("b/1", "d2");
    expect((await cache.reload()).map(({ outcome }) => outcome)).toEqual(["unchanged", "loaded"]);
    expect(cache.find("a", "1")).toBe(a);
    expect(cache.find("b", "1")?.digest).toBe("d2");
    expect(shelf.opened.length).toBe(3);
    await cache.close();
  });

  it("keeps the last good model of a folder that is refused, that throws, or that comes right again", async () => {
    const shelf = shelfWith({ "a/1": "d1" });
    const cache = new ModelCache(shelf);
    await cache.reload();
    const good = cache.find("a", "1");
    for (const bad of [FAULT, new Error("EIO")]) {
      shelf.folders.set("a/1", bad);
      const [outcome] = await cache.reload();
      expect(outcome).toMatchObject({
        id: "a/1",
        outcome: "kept",
        faults: [{ rule: expect.stringMatching(/is empty|cannot be opened: EIO/) }],
      });
      expect(cache.find("a", "1")).toBe(good);
      expect(cache.statuses()[0]).toMatchObject({ state: "kept", model: good });
    }
    shelf.folders.set("a/1", "d1");
    expect(await cache.reload()).toEqual([{ id: "a/1", outcome: "unchanged", faults: [] }]);
    expect(cache.statuses()[0]).toMatchObject({ state: "serving", faults: [], model: good });
    await cache.close();
  });

  it("keeps everything when the directory cannot be read", async () => {
    const shelf = shelfWith({ "a/1": "d1" });
    const cache = new ModelCache(shelf);
    await cache.reload();
    shelf.readable = false;
    const rule = "the models directory cannot be read: EACCES";
    expect(await cache.reload()).toEqual([{ id: "", outcome: "kept", faults: [{ path: "", rule }] }]);
    expect(cache.find("a", "1")?.digest).toBe("d1");
    await cache.close();
  });

  it("drops a model whose folder is gone, and frees it", async () => {
    const shelf = shelfWith({ "a/1": "d1" });
    const cache = new ModelCache(shelf, { graceMs: 0 });
    await cache.reload();
    shelf.folders.clear();
    expect(await cache.reload()).toEqual([{ id: "a/1", outcome: "removed", faults: [] }]);
    expect(cache.find("a", "1")).toBeUndefined();
    await shelf.opened[0]?.released;
    await cache.close();
  });

  it("lets a replaced model score on for the grace time, and frees it at close at the latest", async () => {
    const shelf = shelfWith({ "a/1": "d1" });
    const cache = new ModelCache(shelf, { graceMs: 3_600_000 });
    await cache.reload();
    shelf.folders.set("a/1", "d2");
    await cache.reload();
    expect(shelf.opened.map(({ isReleased }) => isReleased)).toEqual([false, false]);
    await cache.close();
    expect(shelf.opened.map(({ isReleased }) => isReleased)).toEqual([true, true]);
    expect(cache.list()).toEqual([]);
  });

  it("shows the old set until the whole new set is ready", async () => {
    const shelf = shelfWith({ "a/1": "d1", "b/1": "d1" });
    const cache = new ModelCache(shelf);
    await cache.reload();
    shelf.folders.set("a/1", "d2").set("b/1", "d2");
    const seen = new Set<string>();
    const open = shelf.open.bind(shelf);
    shelf.open = async (id) => {
      seen.add(
        cache
          .list()
          .map(({ digest }) => digest)
          .join(),
      );
      return open(id);
    };
    await cache.reload();
    expect([...seen]).toEqual(["d1,d1"]);
    expect(cache.list().map(({ digest }) => digest)).toEqual(["d2", "d2"]);
    await cache.close();
  });

  it("reloads one at a time, each seeing what the one before it loaded", async () => {
    const shelf = shelfWith({ "a/1": "d1" });
    const open = shelf.open.bind(shelf);
    shelf.open = async (id) => {
      const opened = await open(id);
      shelf.busy -= 1;
      return opened;
    };
    const digestOf = shelf.digestOf.bind(shelf);
    shelf.digestOf = async (id) => {
      const digest = await digestOf(id);
      shelf.busy -= 1;
      return digest;
    };
    const cache = new ModelCache(shelf);
    const reloads = await Promise.all([cache.reload(), cache.reload(), cache.reload()]);
    expect(reloads.flat().map(({ outcome }) => outcome)).toEqual(["loaded", "unchanged", "unchanged"]);
    expect(shelf.busiest).toBe(1);
    await cache.close();
  });

  it("tells how long a model serves and when its folder was looked at", async () => {
    let nowMs = 1_000;
    const shelf = shelfWith({ "a/1": "d1", "b/1": FAULT });
    const cache = new ModelCache(shelf, { now: () => nowMs });
    await cache.reload();
    nowMs = 4_000;
    await cache.reload();
    nowMs = 4_500;
    expect(cache.statuses()).toMatchObject([
      { id: "a/1", state: "serving", servingForMs: 3_500, checkedAgoMs: 500 },
      { id: "b/1", state: "refused", servingForMs: null, checkedAgoMs: 500, faults: [FAULT] },
    ]);
    await cache.close();
  });
});
