import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TestDirectory } from "../../support/decision-log-files.ts";
import { numberedRecord, numbers, segmentName } from "../../support/log-segments.ts";
import { NOW_MS, ShippingWorld } from "../../support/shipping-world.ts";

/** Milliseconds waited for next. */
const [PAUSE, POLL] = [5, 250];
const LINE_BYTES = numberedRecord(1).length + 1;

describe("shipping a log", () => {
  test("sends everything once, in order, in small stretches with pauses, and then looks again", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, numbers(1, 4_000));
    world.segments.append(9, numbers(4_001, 4_100));
    await world.start();
    const waits = [await world.timer.step()];
    while (waits.at(-1) !== POLL) waits.push(await world.timer.step());
    expect(world.sink.numbers).toEqual(numbers(1, 4_100));
    expect(waits.slice(0, -1)).toEqual(world.sink.sent.map(() => PAUSE));
    for (const stretch of world.sink.sent)
      expect(stretch.reduce((sum, { line }) => sum + line.length + 1, 0)).toBeLessThanOrEqual(128 * 1024);
    world.segments.append(9, [4_101]);
    expect(await world.timer.step()).toBe(PAUSE);
    expect([world.sink.numbers.at(-1), world.shipped]).toEqual([4_101, 4_101]);
  });

  test("a sink that is down is tried again after declared delays; then the backlog drains and nothing is lost", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    const shipper = await world.start();
    world.sink.state = "down";
    world.segments.append(8, numbers(1, 5_000));
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) waits.push(await world.timer.step());
    expect(waits).toEqual([250, 500, 1_000, 2_000, 5_000, 5_000, 5_000]);
    expect(world.failures).toMatchObject(waits.map(() => ({ code: "sink_unavailable" })));
    world.segments.append(9, numbers(5_001, 6_000));
    expect(await shipper.backlogBytes()).toBeGreaterThan(6_000 * LINE_BYTES - 10_000);
    expect(shipper.backlogAgeMs()).toBe(NOW_MS - Date.UTC(2026, 10, 21, 8, 0, 1));
    world.sink.state = "up";
    world.failures.length = 0;
    await world.drain();
    expect(world.sink.numbers).toEqual(numbers(1, 6_000));
    expect([await shipper.backlogBytes(), shipper.backlogAgeMs()]).toEqual([0, 0]);
    world.sink.state = "down";
    world.segments.append(9, [6_001]);
    expect(await world.timer.step()).toBe(250);
  });

  test("the place is saved after the sink confirmed, never before", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, numbers(1, 3));
    world.sink.state = "down";
    await world.start();
    await world.timer.step();
    expect(existsSync(world.placePath)).toBe(false);
    world.sink.state = "up";
    await world.timer.step();
    expect(JSON.parse(readFileSync(world.placePath, "utf8"))).toEqual({
      segment: segmentName(8),
      offsetBytes: 3 * LINE_BYTES,
    });
  });

  test("a restart goes on at the saved place; what was confirmed since is sent again, and nothing is lost", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, numbers(1, 4_000));
    await world.start();
    await world.timer.step();
    const saved = world.sink.numbers.length;
    await world.timer.step();
    const confirmed = world.sink.numbers.length;
    expect([saved > 0, confirmed > saved, confirmed < 4_000]).toEqual([true, true, true]);
    await world.start();
    await world.drain();
    expect(world.sink.numbers).toEqual([...numbers(1, confirmed), ...numbers(saved + 1, 4_000)]);
  });

  test("a place that cannot be saved is a failure; records that were confirmed are not sent again for it", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, [1]);
    await world.start();
    mkdirSync(`${world.placePath}.new`);
    expect(await world.timer.step()).toBe(250);
    expect(world.failures).toMatchObject([{ code: "log_unavailable" }]);
    world.segments.append(8, [2]);
    await world.timer.step();
    rmdirSync(`${world.placePath}.new`);
    await world.timer.step();
    expect(world.sink.numbers).toEqual([1, 2]);
    expect(JSON.parse(readFileSync(world.placePath, "utf8"))).toMatchObject({ offsetBytes: 2 * LINE_BYTES });
  });

  test("what cannot be read is told once, however often the lines around it are tried", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, [1]);
    world.segments.appendText(8, "{\n");
    world.segments.append(8, [2]);
    world.segments.appendText(8, "torn");
    world.segments.append(9, [3]);
    world.sink.state = "down";
    await world.start();
    await world.timer.step();
    await world.timer.step();
    expect(world.skipped).toEqual([]);
    world.sink.state = "up";
    world.failures.length = 0;
    await world.drain();
    expect(world.sink.numbers).toEqual([1, 2, 3]);
    expect(world.skipped.map(({ reason }) => reason)).toEqual(["corrupt", "torn"]);
  });

  test("segments are needed from the saved place on, whatever was confirmed since", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, [1]);
    world.segments.append(9, [2]);
    const shipper = await world.start();
    expect(shipper.neededSinceMs()).toBe(0);
    await world.timer.step();
    await world.timer.step();
    expect(world.sink.numbers).toEqual([1, 2]);
    expect(shipper.neededSinceMs()).toBe(Date.UTC(2026, 10, 21, 8));
    await shipper.close();
    expect(shipper.neededSinceMs()).toBe(Date.UTC(2026, 10, 21, 9));
  });

  test("a damaged place stops the start and names the file", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    mkdirSync(world.placePath, { recursive: true });
    await expect(world.start()).rejects.toThrow("EISDIR");
  });
});

describe("closing", () => {
  test("ships what is left and saves the place", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, numbers(1, 5_000));
    const shipper = await world.start();
    await shipper.close();
    expect(world.sink.numbers).toEqual(numbers(1, 5_000));
    expect(JSON.parse(readFileSync(world.placePath, "utf8")).offsetBytes).toBe(
      readFileSync(world.segments.path(8)).length,
    );
    expect(world.timer.waiting).toBe(0);
  });

  test("does not wait for a sink that is down", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, [1]);
    world.sink.state = "down";
    const shipper = await world.start();
    await shipper.close();
    expect([world.failures.length, world.timer.waiting]).toEqual([1, 0]);
  });

  test("ends in time though the sink hangs, and the next start sends it again", async () => {
    using data = new TestDirectory();
    const world = new ShippingWorld(data.path);
    world.segments.append(8, [1]);
    world.sink.state = "hung";
    const shipper = await world.start();
    const closed = shipper.close();
    expect(world.timer.waiting).toBe(1);
    world.timer.fire();
    await closed;
    expect(world.timer.now()).toBe(3_000);
    expect(world.failures).toMatchObject([{ message: expect.stringContaining("after the next start") }]);
    world.failures.length = 0;
    world.sink.state = "up";
    await world.start();
    await world.drain();
    expect(new Set(world.sink.numbers)).toEqual(new Set([1]));
  });
});
