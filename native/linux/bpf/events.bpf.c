/* The events: what happens to sockets and processes, as it happens, in one ordered ring.
 *
 * Every program here does the same: it reserves a place in the ring, notes when, who and what, and
 * submits it. A place that can't be had is counted by the kind of its event, so that a loss is
 * known exactly.
 *
 * Needs 5.12; the programs below cgroup/ 5.15 (the current task there), udp_sent 6.3 (its
 * tracepoint). Each is loaded by itself: a kernel that refuses one still has the others.
 */
#include "cgroup-socket.h"
#include "event.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

/* ---- TCP ---- */

#define TCP_ESTABLISHED 1 /* include/net/tcp_states.h */
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define SOCK_DEAD 0 /* enum sock_flags, include/net/sock.h */
#define SOCK_DONE 1

INLINE u8 has_flag(struct sock *sk, int flag)
{
	return (sk->__sk_common.skc_flags >> flag) & 1;
}

/* A socket that closes has given its port back before it tells so, but the number is still there. */
INLINE u16 last_port(struct sock *sk)
{
	u16 port = 0;

	bpf_probe_read_kernel(&port, sizeof(port), &((struct inet_sock *)sk)->inet_sport);
	return __builtin_bswap16(port);
}

INLINE void report_socket(u32 kind, struct sock *sk, u64 cookie, u8 old_state, u8 new_state,
			  u64 time)
{
	struct socket_event *event = reserve(kind, sizeof(*event));

	if (!event)
		return;
	begin(&event->event, kind, bpf_get_current_task_btf(), time);
	event->cookie = cookie;
	event->old_state = old_state;
	event->new_state = new_state;
	event->got_fin = has_flag(sk, SOCK_DONE);
	event->failed = sk->sk_err != 0;
	event->orphaned = has_flag(sk, SOCK_DEAD);
	read_ends(&event->ends, sk);
	if (new_state == TCP_CLOSE && !event->ends.local_port)
		event->ends.local_port = last_port(sk);
	bpf_ringbuf_submit(event, 0);
}

/* A socket just made by a listener still has the listener's cookie (until about 6.12), and no
 * remote port. So LISTEN to SYN_RECV is told together with what follows at once: the handshake is
 * over by then. Both have one time, as this clock may go back a little between two looks at it. Of
 * MPTCP the TCP sockets below it are told. */
INLINE void tell_state(struct sock *sk, u64 cookie, u8 old_state, u8 new_state)
{
	u64 now;

	if (!is_port_socket(sk) || sk->sk_protocol != IPPROTO_TCP ||
	    (old_state == TCP_LISTEN && new_state != TCP_CLOSE))
		return;
	now = bpf_ktime_get_boot_ns();
	if (old_state == TCP_SYN_RECV && new_state == TCP_ESTABLISHED) {
		unsettle(cookie);
		report_socket(KIND_STATE, sk, cookie, TCP_LISTEN, TCP_SYN_RECV, now);
	}
	if (new_state == TCP_CLOSE)
		settle(cookie);
	report_socket(KIND_STATE, sk, cookie, old_state, new_state, now);
}

SEC("tp_btf/inet_sock_set_state")
int state_changed(u64 *arguments)
{
	struct sock *sk = (void *)arguments[0];
	u8 old_state = arguments[1], new_state = arguments[2];
	u64 cookie = bpf_get_socket_cookie(sk);

	tell_state(sk, cookie, old_state, new_state);
	remember_told(change_of(cookie, new_state));
	return 0;
}

/* A packet that comes by interrupt may change another socket while state_changed runs, and then the
 * kernel does not call state_changed once more (since 6.1; it counts that in recursion_misses). It
 * does call this one, which tells what the other has not. */
SEC("tp_btf/inet_sock_set_state/nested")
int state_nested(u64 *arguments)
{
	struct sock *sk = (void *)arguments[0];
	u8 old_state = arguments[1], new_state = arguments[2];
	u64 cookie = bpf_get_socket_cookie(sk);

	if (was_told(change_of(cookie, new_state)))
		return 0;
	tell_state(sk, cookie, old_state, new_state);
	count_nested();
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
	report_socket(KIND_RECEIVED, sk, cookie, state, state, bpf_ktime_get_boot_ns());
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
	report_socket(KIND_SENT, sk, cookie, state, state, bpf_ktime_get_boot_ns());
	return 0;
}

/* ---- UDP, and ports that TCP sockets ask for ---- */

#define ALLOW 1 /* what every cgroup program returns: we watch, we forbid nothing */

INLINE void report_at_cgroup(u32 kind, struct cgroup_socket *socket)
{
	struct socket_event *event = reserve(kind, sizeof(*event));

	if (!event)
		return;
	begin(&event->event, kind, bpf_get_current_task_btf(), bpf_ktime_get_boot_ns());
	event->cookie = bpf_get_socket_cookie(socket);
	event->old_state = event->new_state = state_at_cgroup(socket);
	event->got_fin = event->failed = event->orphaned = 0;
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
	begin(&event->event, KIND_FORKED, child, bpf_ktime_get_boot_ns());
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
	begin(&event->event, KIND_EXECUTED, task, bpf_ktime_get_boot_ns());
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
	begin(event, KIND_EXITED, task, bpf_ktime_get_boot_ns());
	bpf_ringbuf_submit(event, 0);
	return 0;
}
