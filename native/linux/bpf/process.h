/* Which process is it? Its pid as the reader sees it, and when it started. */
#pragma once
#include "kernel.h"

#define PIDTYPE_TGID 1		      /* include/linux/pid_types.h */
#define DEEPEST_PID_NAMESPACE 32      /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
#define INITIAL_PID_NAMESPACE 4026531836u /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

/* The inode number of the reader's pid namespace, set by the loader before the program is loaded:
 * where it is the initial one, the verifier drops the search below as dead code. */
SEC(".rodata") const volatile u32 reader_pid_namespace = INITIAL_PID_NAMESPACE;

/* The task's pid in the reader's pid namespace; 0 where it can't be seen from there. */
INLINE u32 reader_pid(struct task_struct *task)
{
	struct signal_struct *signal = 0;
	struct pid *pid = 0;
	struct upid number;
	u32 level, deepest = 0, namespace = 0;
	s32 tgid = 0;

	if (reader_pid_namespace == INITIAL_PID_NAMESPACE) {
		READ(&tgid, task->tgid);
		return tgid;
	}
	READ(&signal, task->signal);
	READ(&pid, signal->pids[PIDTYPE_TGID]);
	READ(&deepest, pid->level);
	for (level = 0; level <= DEEPEST_PID_NAMESPACE && level <= deepest; level++) {
		bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[0] + level);
		READ(&namespace, number.ns->ns.inum);
		if (namespace == reader_pid_namespace)
			return number.nr;
	}
	return 0;
}

/* When the process (not the thread) started, in nanoseconds since boot, suspend included. */
INLINE u64 process_started(struct task_struct *task)
{
	struct task_struct *leader = 0;
	struct task_struct___before_5_5 *old;
	u64 started = 0;

	READ(&leader, task->group_leader);
	old = (void *)leader;
	if (HAS_FIELD(leader->start_boottime))
		READ(&started, leader->start_boottime);
	else
		READ(&started, old->real_start_time);
	return started;
}

/* The user whose rights the process has, as ps(1) and the owner of /proc/PID say. */
INLINE u32 process_user(struct task_struct *task)
{
	const struct cred *cred = 0;
	u32 uid = 0;

	READ(&cred, task->cred);
	READ(&uid, cred->euid.val);
	return uid;
}
