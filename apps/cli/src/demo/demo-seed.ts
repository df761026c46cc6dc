const names = ['Ada', 'Bela', 'Chidi', 'Dana', 'Emre', 'Fumi', 'Gita', 'Hana', 'Ivo', 'Jun', 'Kofi', 'Lena'];
const cities = ['Berlin', 'Lyon', 'Porto', 'Turin', 'Ghent', 'Malmö'];
const items = ['lamp', 'chair', 'desk', 'kettle', 'radio'];
const statuses = ['paid', 'shipped', 'open'];

const at = (list: readonly string[], index: number): string => list[index % list.length]!;
const money = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** Numbers that the authority never issues (area 900 and above), so that no row can be somebody's. */
const customers = Array.from({ length: 24 }, (_, index) => {
  const id = index + 1;
  const name = `${at(names, index)} ${String.fromCharCode(65 + ((index * 7) % 26))}.`;
  const email = `${at(names, index).toLowerCase()}${id}@example.com`;
  const ssn = `9${String(10 + id)}-${String(10 + ((id * 37) % 60))}-${String(1000 + id * 271)}`;
  return `(${id}, '${name}', '${email}', '${ssn}', '${at(cities, index * 5)}')`;
});

const orders = Array.from({ length: 48 }, (_, index) => {
  const id = index + 1;
  const day = String((index % 28) + 1).padStart(2, '0');
  const customer = ((index * 7) % 24) + 1;
  const amount = money(1250 + ((index * 3917) % 40_000));
  return `(${id}, ${customer}, '${at(items, index)}', ${amount}, '${at(statuses, index)}', '2026-01-${day} 09:00+00')`;
});

/** The demo's tables and rows: the same on every machine. */
export const demoSeed = `
CREATE TABLE public.customers (
  id integer PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  ssn text NOT NULL,
  city text NOT NULL
);
CREATE TABLE public.orders (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES public.customers,
  item text NOT NULL,
  amount numeric(10, 2) NOT NULL,
  status text NOT NULL,
  created_at timestamptz NOT NULL
);
INSERT INTO public.customers (id, name, email, ssn, city) VALUES
${customers.join(',\n')};
INSERT INTO public.orders (id, customer_id, item, amount, status, created_at) VALUES
${orders.join(',\n')}`;
