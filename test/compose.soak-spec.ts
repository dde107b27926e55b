// The example for Compose: it is valid, its parts agree with each other, and those that can run here run with its settings.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { expect, it } from 'vitest';
import { durationMs } from '../src/config/duration.js';
import { settingInfos } from '../src/config/settings.js';
import { checkHaproxy } from './support/haproxy.js';
import { ROOT } from './support/program.js';
import { promtool } from './support/prometheus.js';
import { Replicas } from './support/replicas.js';
import { get } from './support/request.js';
import { checkCompose, readYaml } from './support/yaml.js';

const FOLDER = join(ROOT, 'deploy', 'compose');
const FILE = join(FOLDER, 'compose.yaml');
const OWN_IMAGE = 'pluggable:latest';
/** The time limit for the plugin to close, in milliseconds. */
const PLUGIN_CLOSE_MS = 5_000;
const DRAINING = 'shutdown delay over; draining';

const names = z.array(z.string());
const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
      command: names.default([]),
      environment: z.record(z.string(), z.string()).default({}),
      ports: names.default([]),
      volumes: names.default([]),
      networks: names,
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      read_only: z.boolean().optional(),
      cap_drop: names.optional(),
      security_opt: names.optional(),
      restart: z.string().optional(),
      stop_grace_period: z.string().optional(),
      healthcheck: z.object({ test: names }).optional(),
      ulimits: z.object({ nofile: z.number() }).optional(),
    }),
  ),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.object({})),
});

const { services, networks, volumes } = Compose.parse(await readYaml(FILE));
const cfg = await readFile(join(ROOT, 'deploy', 'haproxy', 'haproxy.cfg'), 'utf8');
const dockerfile = await readFile(join(ROOT, 'deploy', 'docker', 'Dockerfile'), 'utf8');

type Service = (typeof services)[string];

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

const replicas = Object.entries(services).filter(([, { image }]) => image === OWN_IMAGE);
const replicaPort = /^EXPOSE (\d+)$/m.exec(dockerfile)?.[1];
const replicaAddresses = replicas.map(([name]) => `${name}:${replicaPort}`);

/** Source and target of the mounts of files, and of volumes. */
function mountsOf({ volumes: mounts }: Service): { source: string; target: string; isFile: boolean }[] {
  return mounts.map((mount) => {
    const [source = '', target = '', mode] = mount.split(':');
    const isFile = source.startsWith('.');
    if (isFile && mode !== 'ro') throw new Error(`${mount} is writable`);
    return { source: isFile ? join(FOLDER, source) : source, target, isFile };
  });
}

/** Whether a service can reach the address of another. */
function reaches(from: string, address: string): boolean {
  const [to = ''] = address.split(':');
  return service(from).networks.some((network) => service(to).networks.includes(network));
}

it('compose.yaml is valid by the compose specification', async () => {
  expect(await checkCompose(FILE)).toBe('ok -- validation done');
});

it.each(Object.entries(services))('%s is hardened', (_, each) => {
  expect(each).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
  });
});

it('all images have a pinned version and a health check; that of the replicas is built from deploy/docker', () => {
  const others = Object.values(services).filter(({ image }) => image !== OWN_IMAGE);
  expect(replicas).toHaveLength(3);
  expect(others).toHaveLength(4);
  for (const { image, healthcheck } of others) {
    expect(image).toMatch(/:v?\d+\.\d+/);
    expect(healthcheck?.test[0]).toBe('CMD');
  }
  for (const [, { build }] of replicas)
    expect(build).toEqual({ context: '../..', dockerfile: 'deploy/docker/Dockerfile' });
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
});

it.each(Object.entries(services))('%s names only files, volumes, networks and services that exist', (_, each) => {
  expect(each.networks.filter((name) => networks[name] === undefined)).toEqual([]);
  for (const { source, isFile } of mountsOf(each)) {
    expect([source, isFile ? existsSync(source) : volumes[source] !== undefined]).toEqual([source, true]);
  }
  for (const [name, { condition }] of Object.entries(each.depends_on)) {
    expect(
      condition === 'service_healthy'
        ? service(name).healthcheck !== undefined || replicas.some(([replica]) => replica === name)
        : services[name] !== undefined,
    ).toBe(true);
  }
});

it('only HAProxy is open to the network, and no secret is in the file', () => {
  const published = Object.entries(services).flatMap(([name, { ports }]) => ports.map((port) => [name, port]));
  expect(published).toEqual([
    ['haproxy', '${PORT:-8080}:8080'],
    ['grafana', '127.0.0.1:${GRAFANA_PORT:-3000}:3000'],
  ]);
  const open = Object.entries(services).filter(([, each]) =>
    each.networks.some((name) => networks[name]?.internal === false),
  );
  expect(open.map(([name]) => name)).toEqual(['haproxy', 'grafana']);
  const secrets = Object.values(services).flatMap(({ environment }) =>
    Object.entries(environment).filter(([name]) => /PASSWORD|TOKEN|SECRET/.test(name)),
  );
  expect(secrets).toEqual([['GF_SECURITY_ADMIN_PASSWORD', expect.stringMatching(/^\$\{GRAFANA_PASSWORD:\?/)]]);
});

it.each(replicas)(
  '%s has only settings that exist, reaches Redis, and has the time for its whole shutdown',
  (name, each) => {
    const { environment, stop_grace_period: period = '' } = each;
    const known = [...settingInfos().map(({ variable }) => variable), 'REDIS_ADDR'];
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
    expect(reaches(name, environment['REDIS_ADDR'] ?? '')).toBe(true);
    const { SHUTDOWN_DELAY = '', SHUTDOWN_GRACE = '' } = environment;
    const wholeMs = Number(durationMs(SHUTDOWN_DELAY)) + Number(durationMs(SHUTDOWN_GRACE)) + PLUGIN_CLOSE_MS;
    expect(durationMs(period)).toBeGreaterThan(wholeMs);
  },
);

it('HAProxy has the addresses of all replicas, enough files, and the time to end', async () => {
  const { environment, ports, ulimits, stop_grace_period: period = '', healthcheck } = service('haproxy');
  const variables = [...cfg.matchAll(/"\$\{(\w+)-[^}]*\}"/g)].map(([, name = '']) => name);
  expect(new Set(Object.keys(environment))).toEqual(new Set(variables));
  const addresses = Object.entries(environment).filter(([name]) => name.startsWith('REPLICA_'));
  expect(addresses.map(([, address]) => address)).toEqual(replicaAddresses);
  expect(addresses.every(([, address]) => reaches('haproxy', address))).toBe(true);
  expect(ports[0]?.endsWith(environment['LISTEN_ADDRESS'] ?? 'none')).toBe(true);
  expect(healthcheck?.test.at(-1)).toBe(`http://127.0.0.1${environment['METRICS_ADDRESS']}/health`);
  expect(ulimits?.nofile).toBeGreaterThan(2 * Number(/maxconn (\d+)/.exec(cfg)?.[1]));
  expect(durationMs(period)).toBeGreaterThan(Number(durationMs(/hard-stop-after (\S+)/.exec(cfg)?.[1] ?? '')));

  // The names exist only among the containers.
  const here = Object.entries(environment).map(([name, address]) => [name, address.replace(/^[^:]+/, '127.0.0.1')]);
  expect(await checkHaproxy(Object.fromEntries(here))).toBe('Configuration file is valid');
});

it('Prometheus has a valid configuration, and scrapes all replicas and HAProxy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
  try {
    const mounts = mountsOf(service('prometheus')).filter(({ isFile }) => isFile);
    for (const { source, target } of mounts) {
      expect(dirname(target)).toBe('/etc/prometheus');
      await cp(source, join(folder, basename(target)));
    }
    const checked = await promtool('check', 'config', join(folder, 'prometheus.yml'));
    expect(checked).toMatch(/1 rule files found[^]*SUCCESS: \d+ rules found/);
  } finally {
    await rm(folder, { recursive: true });
  }
  const { scrape_configs: jobs } = z
    .object({
      scrape_configs: z.array(
        z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: names })) }),
      ),
    })
    .parse(await readYaml(join(FOLDER, 'prometheus.yml')));
  const targets = Object.fromEntries(
    jobs.map(({ job_name: name, static_configs: configs }) => [name, configs.flatMap(({ targets: all }) => all)]),
  );
  expect(targets).toEqual({
    pluggable: replicaAddresses,
    haproxy: [`haproxy${service('haproxy').environment['METRICS_ADDRESS']}`],
  });
  expect(
    Object.values(targets)
      .flat()
      .every((address) => reaches('prometheus', address)),
  ).toBe(true);
});

it('Grafana has Prometheus as its data source, and the dashboard', async () => {
  const { datasources } = z
    .object({ datasources: z.array(z.object({ type: z.string(), url: z.url(), isDefault: z.boolean() })) })
    .parse(await readYaml(join(FOLDER, 'grafana', 'datasources.yml')));
  const { providers } = z
    .object({ providers: z.array(z.object({ type: z.string(), options: z.object({ path: z.string() }) })) })
    .parse(await readYaml(join(FOLDER, 'grafana', 'dashboards.yml')));
  expect(datasources).toEqual([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }]);
  expect(reaches('grafana', 'prometheus:9090')).toBe(true);
  const mounted = mountsOf(service('grafana')).map(({ source, target }) => [basename(source), dirname(target)]);
  expect(mounted).toEqual([
    ['datasources.yml', '/etc/grafana/provisioning/datasources'],
    ['dashboards.yml', '/etc/grafana/provisioning/dashboards'],
    ['dashboard.json', providers[0]?.options.path],
    ['grafana', '/var/lib'],
  ]);
});

it('the replicas run with these settings, and HAProxy sees the end of one before it drains', async () => {
  const { REDIS_ADDR: _, CACHE_PLUGIN_PATH = '', ...env } = replicas[0]?.[1].environment ?? {};
  const [, ...args] = service('redis').command;
  await using fleet = await Replicas.start({ ...env, CACHE_PLUGIN_PATH: join(ROOT, CACHE_PLUGIN_PATH) }, args);
  const { url } = fleet.haproxy;
  expect((await get(url, '/fib/20')).body).toEqual({ result: 6_765 });
  expect((await get(url, '/fib/20')).headers['cache-status']).toBe('pluggable; hit');

  const replica = fleet.replica(0);
  replica.signal('SIGTERM');
  await fleet.haproxy.hasUp(2);
  const earlier = replica.logged(DRAINING);
  expect((await replica.ended()).code).toBe(0);
  expect([earlier, replica.logged(DRAINING).length]).toEqual([[], 1]);
});
