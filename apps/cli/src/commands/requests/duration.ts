import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `60s`, `15m`, `2h`, `1d` in seconds. Throws InvalidArgumentError. */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^([1-9]\d{0,8})([smhd])?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('must be a time such as 60s, 15m, 2h or 1d');
  return Number(number) * units[unit]!;
}

/** The other way round, as short as it is exact. */
export function durationText(seconds: number): string {
  const unit = ['d', 'h', 'm'].find((name) => seconds % units[name]! === 0) ?? 's';
  return `${seconds / units[unit]!}${unit}`;
}
