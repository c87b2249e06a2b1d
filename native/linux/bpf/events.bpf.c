/* The events: what happens to sockets and processes, as it happens, in one ordered ring.
 *
 * Every program here does the same: it reserves a place in the ring, notes when, who and what, and
 * submits it. A place that can't be had is counted by the kind of its event, so that a loss is
 * known exactly. event-record.ts reads the records, and a test holds the two together.
 *
 * Needs 5.12; the programs below cgroup/ 5.15 (the current task there), udp_sent 6.3 (its
 * tracepoint). Each is loaded by itself: a kernel that refuses one still has the others.
 */
#include "cgroup-socket.h"
#include "process.h"
#include "socket.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

enum kind {
	KIND_STATE = 1,    /* a TCP socket goes from one state to another */
	KIND_RECEIVED = 2, /* an accepted TCP socket is read for the first time */
	KIND_CREATED = 3,  /* a UDP socket is made; it has no port yet */
	KIND_BOUND = 4,    /* a TCP or UDP socket gets the port it asked for */
	KIND_SENT = 5,     /* a UDP socket sends for the first time; by now it has a port */
	KIND_RELEASED = 6, /* the last descriptor of a UDP socket, or of a bound TCP one, is closed */
	KIND_FORKED = 7,
	KIND_EXECUTED = 8,
	KIND_EXITED = 9,
	KIND_COUNT = 10,
};

/* How every event begins: when, and which process. That is the current one (after a fork, the
 * child), which is not always the socket's own: see the attribution rules of the reader. */
struct event {
	u64 time;    /* ns since boot, suspend included */
	u64 started; /* when the process started, likewise */
	u32 kind;
	u32 pid; /* in the reader's pid namespace; 0 where it can't be seen from there */
	u32 global_pid;
	u32 thread; /* global, too */
	u32 uid;
	u32 is_kernel_thread;
	char name[16]; /* of the process, not of the thread; cut to 15 letters */
};

struct socket_event {
	struct event event;
	u64 cookie;
	u8 old_state; /* include/net/tcp_states.h */
	u8 new_state;
	u8 got_fin; /* the other end has said that it sends nothing more */
	u8 failed;  /* reset by the other end, timed out: not closed by its own process */
	u8 unused[4];
	struct socket_ends ends;
};

struct fork_event {
	struct event event;
	u32 parent; /* its pid in the reader's pid namespace */
	u32 unused;
};

struct execute_event {
	struct event event;
	u32 parent;
	u32 path_length; /* 256 and more: the path is longer than what is here */
	char path[256];  /* as it was given to execve(2): it may be relative, or a script */
};

/* Never set: makes clang write down the layouts, for the test that compares them. */
const struct socket_event *socket_layout;
const struct fork_event *fork_layout;
const struct execute_event *execute_layout;

#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

/* enum bpf_map_type and the map flags of include/uapi/linux/bpf.h */
#define MAP_TYPE_ARRAY 2
#define MAP_TYPE_LRU_HASH 9
#define MAP_TYPE_RINGBUF 27
#define MAP_IS_MMAPABLE 1024

struct {
	MAP_NUMBER(type, MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 16 << 20); /* bytes; a load option */
} ring SEC(".maps");

/* How many events of each kind found no place in the ring. */
struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, KIND_COUNT);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} lost SEC(".maps");

/* The cookies of sockets whose first receive (TCP) or first send (UDP) is still of interest. The
 * programs that see every packet leave at once for all others. When it is full it forgets the
 * oldest, which then miss that one event. */
struct {
	MAP_NUMBER(type, MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, u8);
} unsettled SEC(".maps");

INLINE void settle(u64 cookie)
{
	bpf_map_delete_elem(&unsettled, &cookie);
}

INLINE void unsettle(u64 cookie)
{
	u8 present = 1;

	bpf_map_update_elem(&unsettled, &cookie, &present, 0);
}

INLINE int is_unsettled(u64 cookie)
{
	return bpf_map_lookup_elem(&unsettled, &cookie) != 0;
}

INLINE void *reserve(u32 kind, u64 size)
{
	void *place = bpf_ringbuf_reserve(&ring, size, 0);
	u64 *count;

	if (place)
		return place;
	count = bpf_map_lookup_elem(&lost, &kind);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

INLINE void begin(struct event *event, u32 kind, struct task_struct *task)
{
	event->time = bpf_ktime_get_boot_ns();
	event->started = process_started(task);
	event->kind = kind;
	event->pid = reader_pid(task);
	event->global_pid = task->tgid;
	event->thread = task->pid;
	event->uid = task->cred->euid.val;
	event->is_kernel_thread = (task->flags & PF_KTHREAD) != 0;
	__builtin_memcpy(event->name, task->group_leader->comm, sizeof(event->name));
}

/* ---- TCP ---- */

#define TCP_ESTABLISHED 1 /* include/net/tcp_states.h */
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define SOCK_DONE 1 /* enum sock_flags, include/net/sock.h */

/* A socket that closes has given its port back before it tells so, but the number is still there. */
INLINE u16 last_port(struct sock *sk)
{
	u16 port = 0;

	bpf_probe_read_kernel(&port, sizeof(port), &((struct inet_sock *)sk)->inet_sport);
	return __builtin_bswap16(port);
}

INLINE void report_socket(u32 kind, struct sock *sk, u64 cookie, u8 old_state, u8 new_state)
{
	struct socket_event *event = reserve(kind, sizeof(*event));

	if (!event)
		return;
	begin(&event->event, kind, bpf_get_current_task_btf());
	event->cookie = cookie;
	event->old_state = old_state;
	event->new_state = new_state;
	event->got_fin = (sk->__sk_common.skc_flags >> SOCK_DONE) & 1;
	event->failed = sk->sk_err != 0;
	read_ends(&event->ends, sk);
	if (new_state == TCP_CLOSE && !event->ends.local_port)
		event->ends.local_port = last_port(sk);
	bpf_ringbuf_submit(event, 0);
}

/* A socket just made by a listener still has the listener's cookie (until about 6.12), and no
 * remote port. So LISTEN to SYN_RECV is told together with what follows at once: the handshake is
 * over by then. Of MPTCP the TCP sockets below it are told. */
SEC("tp_btf/inet_sock_set_state")
int state_changed(u64 *arguments)
{
	struct sock *sk = (void *)arguments[0];
	int old_state = arguments[1], new_state = arguments[2];
	u64 cookie;

	if (!is_port_socket(sk) || sk->sk_protocol != IPPROTO_TCP ||
	    (old_state == TCP_LISTEN && new_state != TCP_CLOSE))
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	if (old_state == TCP_SYN_RECV && new_state == TCP_ESTABLISHED) {
		unsettle(cookie);
		report_socket(KIND_STATE, sk, cookie, TCP_LISTEN, TCP_SYN_RECV);
	}
	if (new_state == TCP_CLOSE)
		settle(cookie);
	report_socket(KIND_STATE, sk, cookie, old_state, new_state);
	return 0;
}

/* Runs in the process that reads the socket: the surest sign of whose it is. */
SEC("tp_btf/tcp_rcv_space_adjust")
int tcp_received(u64 *arguments)
{
	struct sock *sk = (void *)arguments[0];
	u64 cookie = bpf_get_socket_cookie(sk);
	u8 state;

	if (!is_unsettled(cookie))
		return 0;
	settle(cookie);
	state = sk->__sk_common.skc_state;
	report_socket(KIND_RECEIVED, sk, cookie, state, state);
	return 0;
}

/* ---- UDP ---- */

SEC("tp_btf/sock_send_length")
int udp_sent(u64 *arguments)
{
	struct sock *sk = (void *)arguments[0];
	u64 cookie;
	u8 state;

	if (sk->sk_protocol != IPPROTO_UDP || !sk->__sk_common.skc_num)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	if (!is_unsettled(cookie))
		return 0;
	settle(cookie);
	state = sk->__sk_common.skc_state;
	report_socket(KIND_SENT, sk, cookie, state, state);
	return 0;
}

/* ---- UDP, and ports that TCP sockets ask for ---- */

#define ALLOW 1 /* what every cgroup program returns: we watch, we forbid nothing */

INLINE void report_at_cgroup(u32 kind, struct cgroup_socket *socket)
{
	struct socket_event *event = reserve(kind, sizeof(*event));

	if (!event)
		return;
	begin(&event->event, kind, bpf_get_current_task_btf());
	event->cookie = bpf_get_socket_cookie(socket);
	event->old_state = event->new_state = state_at_cgroup(socket);
	event->got_fin = event->failed = 0;
	read_ends_at_cgroup(&event->ends, socket, event->cookie);
	bpf_ringbuf_submit(event, 0);
}

SEC("cgroup/sock_create")
int udp_created(struct cgroup_socket *socket)
{
	if (!is_udp(socket))
		return ALLOW;
	unsettle(bpf_get_socket_cookie(socket));
	report_at_cgroup(KIND_CREATED, socket);
	return ALLOW;
}

/* A TCP socket that was only bound goes without a change of its state. */
SEC("cgroup/sock_release")
int released(struct cgroup_socket *socket)
{
	if (is_udp(socket)) {
		settle(bpf_get_socket_cookie(socket));
		report_at_cgroup(KIND_RELEASED, socket);
	} else if (is_tcp(socket) && state_at_cgroup(socket) == TCP_CLOSE &&
		   has_port_at_cgroup(socket)) {
		report_at_cgroup(KIND_RELEASED, socket);
	}
	return ALLOW;
}

SEC("cgroup/post_bind4")
int bound_ipv4(struct cgroup_socket *socket)
{
	if (is_tcp(socket) || is_udp(socket))
		report_at_cgroup(KIND_BOUND, socket);
	return ALLOW;
}

SEC("cgroup/post_bind6")
int bound_ipv6(struct cgroup_socket *socket)
{
	if (is_tcp(socket) || is_udp(socket))
		report_at_cgroup(KIND_BOUND, socket);
	return ALLOW;
}

/* ---- Processes ---- */

#define CLONE_THREAD 0x00010000 /* include/uapi/linux/sched.h */

SEC("tp_btf/task_newtask")
int process_forked(u64 *arguments)
{
	struct task_struct *child = (void *)arguments[0];
	u64 flags = arguments[1];
	struct fork_event *event;

	if (flags & CLONE_THREAD)
		return 0;
	event = reserve(KIND_FORKED, sizeof(*event));
	if (!event)
		return 0;
	begin(&event->event, KIND_FORKED, child);
	event->parent = reader_pid(child->real_parent);
	event->unused = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int process_executed(u64 *arguments)
{
	struct task_struct *task = (void *)arguments[0];
	struct linux_binprm *program = (void *)arguments[2];
	struct execute_event *event = reserve(KIND_EXECUTED, sizeof(*event));
	long length;

	if (!event)
		return 0;
	begin(&event->event, KIND_EXECUTED, task);
	event->parent = reader_pid(task->real_parent);
	length = bpf_probe_read_kernel_str(event->path, sizeof(event->path), program->filename);
	event->path_length = length;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* The process ends when its last thread does. Its sockets are closed after this. */
SEC("tp_btf/sched_process_exit")
int process_exited(u64 *arguments)
{
	struct task_struct *task = (void *)arguments[0];
	struct event *event;

	if (task->signal->live.counter > 0)
		return 0;
	event = reserve(KIND_EXITED, sizeof(*event));
	if (!event)
		return 0;
	begin(event, KIND_EXITED, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}
