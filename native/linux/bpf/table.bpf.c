/* The table: every TCP and UDP socket of every network namespace, with every process that holds it.
 *
 * The kernel runs `dump` once for each open file of each process that the reader can see (its own
 * pid namespace and those below it); what the program writes is what read() on the iterator gives.
 *
 * A process that speaks MPTCP (Go's listeners do, where the kernel can) holds an MPTCP socket, told
 * here; the TCP sockets that the kernel makes below it are in ports.bpf.c with the same inode number.
 *
 * Needs 5.12 (bpf_sock_from_file 5.11, the cookie in tracing programs 5.12).
 */
#include "met.h"
#include "process.h"
#include "socket-record.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

/* Never set: makes clang write down the layout, for the test that compares it. */
const struct socket_record *layout;

SEC("iter/task_file")
int dump(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket_record record = {};
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0; /* the end of the walk */
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !is_port_socket(sk) || !sk->__sk_common.skc_num)
		return 0; /* without a port it is in no table yet, or no more */
	record.started = process_started(task);
	record.cookie = bpf_get_socket_cookie(sk);
	record.inode = file->f_inode->i_ino;
	record.pid = reader_pid(task);
	if (record.pid)
		meet(record.cookie);
	record.fd = context->fd;
	record.uid = task->cred->euid.val;
	record.state = sk->__sk_common.skc_state;
	record.ipv6_only = ipv6_only(sk);
	read_ends(&record.ends, sk);
	bpf_seq_write(context->meta->seq, &record, sizeof(record));
	return 0;
}
