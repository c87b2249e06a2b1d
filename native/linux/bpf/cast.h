/* Loops and pointers that the program works out by itself: functions of the kernel's (kfuncs), which the
 * loader finds by name. In brackets, the first kernel that has them.
 */
#pragma once
#include "kernel.h"

struct bpf_iter_num {
	u64 opaque;
};

extern int bpf_iter_num_new(struct bpf_iter_num *each, int start, int end) SEC(".ksyms"); /* 6.4 */
extern int *bpf_iter_num_next(struct bpf_iter_num *each) SEC(".ksyms");
extern void bpf_iter_num_destroy(struct bpf_iter_num *each) SEC(".ksyms");
extern void *bpf_rdonly_cast(const void *place, u32 type) SEC(".ksyms"); /* 6.2 */

#define TYPE_ID_OF_KERNEL 1 /* what __builtin_btf_type_id is asked: enum of libbpf's bpf_core_read.h */
#define TYPE_SIZE 1	    /* likewise __builtin_preserve_type_info */

/* What lies at the place, as a struct of this name. It can be read only, and where it isn't there after
 * all, zeros are read. */
#define CAST(type, place)                                                                          \
	((struct type *)bpf_rdonly_cast((void *)(place),                                           \
					__builtin_btf_type_id(*(struct type *)0, TYPE_ID_OF_KERNEL)))

/* A pointer as a number, with which one can count. */
#define ADDRESS(number, pointer)                                                                   \
	bpf_probe_read_kernel(&(number), sizeof(number), (const void *)&(pointer))

#define SIZE_OF(type) __builtin_preserve_type_info(*(struct type *)0, TYPE_SIZE)
