import type { Random } from "./random.ts";

/** Who sends requests, and from where. */
export interface Actor {
  readonly username: string;
  /** The event's `user` as JSON. */
  readonly user: string;
  readonly userAgent: string;
  readonly sourceIP: string;
  readonly kind: "node" | "control-plane" | "service-account" | "person";
}

const NODES = 60;
const FIRST = ["alice", "bob", "carol", "dmitri", "esra", "farid", "grace", "hugo", "ines", "jun", "kofi", "lena"];
const LAST = ["meyer", "okafor", "tanaka", "silva", "novak", "haddad", "jensen", "rossi", "kim", "dubois", "patel"];
const CONTROLLERS = [
  "argocd-application-controller",
  "prometheus-k8s",
  "cert-manager",
  "flux",
  "ingress-nginx",
  "builder",
];
const NAMESPACES = ["default", "monitoring", "argocd", "payments", "checkout", "identity", "build", "data-platform"];
const KUBECTL = ["v1.31.2 (linux/amd64) kubernetes/5864a46", "v1.30.4 (darwin/arm64) kubernetes/a51b3b7"];

function actor(kind: Actor["kind"], username: string, user: object, userAgent: string, sourceIP: string): Actor {
  return { kind, username, user: JSON.stringify({ username, ...user }), userAgent, sourceIP };
}

/** The accounts that `drop_system_users` drops by default: kubelets and the control plane. */
export function systemActors(): Actor[] {
  const actors: Actor[] = [];
  for (let index = 0; index < NODES; index++) {
    const host = `ip-10-${40 + (index % 4)}-${index}-17.eu-central-1.compute.internal`;
    const groups = ["system:nodes", "system:authenticated"];
    const agent = "kubelet/v1.31.2 (linux/amd64) kubernetes/5864a46";
    actors.push(actor("node", `system:node:${host}`, { groups }, agent, `10.${40 + (index % 4)}.${index}.17`));
  }
  for (const name of ["kube-controller-manager", "kube-scheduler", "apiserver", "kube-proxy"]) {
    const groups = name === "apiserver" ? ["system:masters"] : ["system:authenticated"];
    const uid = name === "apiserver" ? { uid: "0f1c7f9e-4c1a-4a53-9b7b-0e1bb1b2f0aa" } : {};
    const agent = `${name}/v1.31.2 (linux/amd64) kubernetes/5864a46/leader-election`;
    actors.push(
      actor("control-plane", `system:${name}`, { ...uid, groups }, agent, name === "apiserver" ? "::1" : "10.40.0.5"),
    );
  }
  return actors;
}

/** `count` accounts of whom every event is kept: about one service account to six people. */
export function keptActors(count: number, random: Random): Actor[] {
  return Array.from({ length: count }, (_, index) =>
    index % 7 === 3 ? serviceAccount(index, random) : person(index, random),
  );
}

function serviceAccount(index: number, random: Random): Actor {
  const namespace = NAMESPACES[index % NAMESPACES.length] as string;
  const controller = CONTROLLERS[index % CONTROLLERS.length] as string;
  const name = `${controller}-${index}`;
  const user = {
    uid: random.uuid(),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    extra: {
      "authentication.kubernetes.io/credential-id": [`JTI=${random.uuid()}`],
      "authentication.kubernetes.io/node-name": [`ip-10-41-${index % NODES}-17.eu-central-1.compute.internal`],
      "authentication.kubernetes.io/node-uid": [random.uuid()],
      "authentication.kubernetes.io/pod-name": [`${controller}-${random.suffix()}`],
      "authentication.kubernetes.io/pod-uid": [random.uuid()],
    },
  };
  const agent = `${controller}/v2.${index % 9}.1 (linux/amd64) kubernetes/$Format`;
  const address = `10.128.${random.below(64)}.${random.below(250)}`;
  return actor("service-account", `system:serviceaccount:${namespace}:${name}`, user, agent, address);
}

function person(index: number, random: Random): Actor {
  const first = FIRST[index % FIRST.length] as string;
  const last = LAST[index % LAST.length] as string;
  const groups = [
    index % 5 === 0 ? "platform-admins" : `team-${index % 40}`,
    "oidc:developers",
    "system:authenticated",
  ];
  const extra = { "scopes.authorization.openshift.io": ["user:full"] };
  const agent =
    index % 11 === 0 ? "Mozilla/5.0 (X11; Linux x86_64) Zürich-Console/4.17" : `kubectl/${KUBECTL[index % 2]}`;
  const address = `192.168.${random.below(250)}.${random.below(250)}`;
  return actor(
    "person",
    `${first}.${last}.${index}@example.com`,
    { uid: random.uuid(), groups, extra },
    agent,
    address,
  );
}
