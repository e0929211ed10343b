/** A log of Kubernetes audit events as API servers write them: the same one for the same number of bytes. */
export function auditLines(bytes: number): Buffer {
  const log = Buffer.alloc(bytes);
  const random = createRandom(20_240_601);
  let used = 0;
  for (let second = 0; ; second++) {
    const line = `${JSON.stringify(eventOf(random, second)).replace(/[<>&]/g, escapeLikeGo)}\n`;
    const length = Buffer.byteLength(line);
    if (used + length > bytes) return log.subarray(0, used);
    log.write(line, used);
    used += length;
  }
}

type Random = (below: number) => number;

const RESOURCES = [
  "pods",
  "leases",
  "configmaps",
  "secrets",
  "nodes",
  "deployments",
  "endpoints",
  "events",
  "prometheusrules",
];
const NAMESPACES = [
  "default",
  "kube-system",
  "openshift-logging",
  "openshift-kube-apiserver",
  "team-payments",
  "equipe-achats",
];
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"];
const CONTROLLERS = [
  "namespace-controller",
  "elasticsearch-operator",
  "kube-apiserver-operator",
  "replicaset-controller",
];
const PEOPLE = ["alice@example.com", "Jürgen Müller", "bob", "carol.o'neill@example.com", "王小明"];

/** Numbers from a linear congruence: enough for variety, the same in each run. */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)];
}

function eventOf(random: Random, second: number): object {
  const namespace = pick(random, NAMESPACES);
  const resource = pick(random, RESOURCES);
  const name = `${resource}-${hex(random, 10)}-${hex(random, 5)}`;
  const verb = pick(random, VERBS);
  const received = random(3) === 0;
  const kind = random(10);
  const withBody = !received && kind >= 9;
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: withBody ? "RequestResponse" : "Metadata",
    auditID: `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`,
    stage: received ? "RequestReceived" : "ResponseComplete",
    requestURI: `/apis/apps/v1/namespaces/${namespace}/${resource}/${name}?fieldManager=kubectl&timeout=${random(60)}s`,
    verb,
    user: kind < 3 ? nodeUser(random) : kind < 8 ? serviceAccount(random, namespace) : personOf(random),
    sourceIPs: [`10.${random(256)}.${random(256)}.${random(256)}`],
    userAgent: "kube-controller-manager/v1.29.3 (linux/amd64) kubernetes/6813625/system:serviceaccount:kube-system",
    objectRef: {
      resource,
      namespace,
      name,
      ...(random(5) === 0 ? { subresource: "status" } : {}),
      uid: `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`,
      apiGroup: "apps",
      apiVersion: "v1",
      resourceVersion: String(random(10_000_000)),
    },
    ...(received ? {} : { responseStatus: { metadata: {}, code: random(20) === 0 ? 404 : 200 } }),
    ...(withBody
      ? { requestObject: bodyOf(random, name, namespace), responseObject: bodyOf(random, name, namespace) }
      : {}),
    requestReceivedTimestamp: timestamp(random, second),
    stageTimestamp: timestamp(random, second),
    ...(received
      ? {}
      : {
          annotations: {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": `RBAC: allowed by ClusterRoleBinding "${namespace}-view" of ClusterRole "view" to ServiceAccount "${namespace}/default"`,
          },
        }),
  };
}

function nodeUser(random: Random): object {
  const node = `ip-10-0-${random(256)}-${random(256)}.ec2.internal`;
  return { username: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] };
}

function serviceAccount(random: Random, namespace: string): object {
  return {
    username: `system:serviceaccount:${namespace}:${pick(random, CONTROLLERS)}`,
    uid: `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    extra: { "authentication.kubernetes.io/pod-name": [`${namespace}-${hex(random, 10)}`] },
  };
}

function personOf(random: Random): object {
  return { username: pick(random, PEOPLE), groups: ["developers", "system:authenticated"] };
}

function bodyOf(random: Random, name: string, namespace: string): object {
  const labels = { app: name, "app.kubernetes.io/managed-by": "Helm", tier: "backend" };
  const container = {
    name: "main",
    image: `registry.example.com/team/service@sha256:${hex(random, 64)}`,
    command: ["sh", "-c", 'exec /bin/service --config "$CONFIG" && echo <done>'],
    resources: { limits: { cpu: "500m", memory: "256Mi" }, requests: { cpu: "100m", memory: "128Mi" } },
    terminationMessagePath: "/dev/termination-log",
    securityContext: { privileged: false, runAsUser: 1000 + random(1000) },
  };
  const spec = {
    replicas: random(10),
    template: { metadata: { labels }, spec: { containers: [container], volumes: [] } },
  };
  const applied = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec });
  return {
    kind: "Deployment",
    apiVersion: "apps/v1",
    metadata: {
      name,
      namespace,
      uid: `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 12)}`,
      generation: random(100),
      creationTimestamp: "2024-06-01T08:00:00Z",
      labels,
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": applied },
    },
    spec,
    status: { observedGeneration: random(100), readyReplicas: random(10), conditions: [] },
  };
}

function hex(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += random(16).toString(16);
  return text;
}

function timestamp(random: Random, second: number): string {
  return new Date(1_717_200_000_000 + 50 * second).toISOString().replace("Z", `${100 + random(900)}Z`);
}

function escapeLikeGo(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}
