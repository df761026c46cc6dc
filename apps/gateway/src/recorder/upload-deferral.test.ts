import { uploadDeferral } from './upload-deferral.js';

function setUp() {
  const world = { time: 0, use: 0, busy: 1 };
  const defer = uploadDeferral({
    spoolUse: () => world.use,
    now: () => world.time,
    utilisation: () => world.busy,
  });
  const at = (time: number): boolean => {
    world.time = time;
    return defer();
  };
  return { world, at };
}

test('uploads wait while the gateway is busy and go once it is not', () => {
  const { world, at } = setUp();
  expect(at(100)).toBe(false);
  expect(at(300)).toBe(true);
  world.busy = 0.1;
  expect(at(400)).toBe(true);
  expect(at(600)).toBe(false);
});

test('a spool that fills up is emptied however busy it is', () => {
  const { world, at } = setUp();
  expect(at(300)).toBe(true);
  world.use = 0.6;
  expect(at(350)).toBe(false);
});
