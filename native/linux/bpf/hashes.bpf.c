/* The same as ports.bpf.c, many times as fast: the program itself walks the hash tables in which the
 * kernel looks up sockets, of all network namespaces at once, and takes no lock. The kernel's own
 * iterators go through all of them once for each namespace, and lock each socket that they meet.
 *
 * What is read without a lock may be freed meanwhile, and be another socket by then. Such memory stays
 * what it is while a reader is under way (SLAB_TYPESAFE_BY_RCU), a socket that was another one in
 * between does not have the hash that it had before, and a chain that ends in another bucket than it
 * began in is walked again.
 *
 * Needs 6.4 (bpf_iter_num_new; one UDP table for each namespace, 6.2). Where a namespace has tables of
 * its own (net.ipv4.tcp_child_ehash_entries, udp_child_hash_entries) it refuses: see enum problem.
 */
#include "cast.h"
#include "met.h"
#include "name.h"
#include "port-record.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

#define WALKS 2
#define RECORDS 4096 /* that the reader takes at once from one of them */
#define ROOM_FOR_BUCKET 1024 /* sockets that nobody was seen to hold */
#define MOST_IN_BUCKET (1 << 20)
#define MOST_VISITED 32768 /* sockets in one call, in which the processor does nothing else */
#define MOST_NAMESPACES 65536
#define MOST_TRIES 4
#define MOST_PIECES (1 << 22)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct ns_common___with_operations {
	const void *ops;
};

struct inet_listen_hashbucket { /* include/net/inet_hashtables.h */
	struct {
		void *first;
	} nulls_head;
};

struct inet_hashinfo {
	void *ehash; /* for each bucket a pointer to its first socket */
	u32 ehash_mask;
	u32 lhash2_mask;
	void *lhash2;
};

struct udp_hslot { /* include/net/udp.h */
	struct {
		void *first;
	} head;
};

struct udp_table {
	void *hash;
	u32 mask;
};

struct net___with_tables { /* include/net/net_namespace.h */
	struct list_head list;
	struct ns_common___with_operations ns;
	struct {
		struct {
			struct inet_hashinfo *hashinfo;
		} tcp_death_row;
		struct udp_table *udp_table;
	} ipv4;
};

struct sock_common___in_table {
	struct {
		void *next;
	} skc_nulls_node; /* where a UDP socket has skc_node, which begins alike */
	volatile u32 skc_hash;
};

#pragma clang attribute pop

/* How far a walk is. Two walk at once, each over half of each table. The reader sets all to zero to begin,
 * and `records` when it took them. */
struct progress {
	u32 table;    /* 0 listeners, 1 connections, 2 UDP, 3: the end */
	u32 bucket;   /* the next one, counted from the first of the half */
	u32 records;  /* how many there are to be taken */
	u32 nameless; /* how many of all told have no cookie and could have one */
	u32 problem;  /* why it can't go on, 0 where it can */
};

enum problem {
	SEVERAL_TABLES = 1, /* a namespace has tables of its own */
	NO_ROOM = 2,	    /* too many in one bucket */
	NO_MEMORY = 3,	    /* there is nothing where a table should be */
};

/* Never set: makes clang write down the layouts, for the test that compares them. */
const struct port_record *layout;
const struct progress *progress_layout;

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, WALKS);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct progress);
} progresses SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, WALKS * RECORDS);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct port_record);
} records SEC(".maps");

/* Buckets are copied so many bytes at a time. */
#define PIECE 4096

/* A table of buckets. */
struct table {
	u64 buckets; /* where they begin */
	u32 first;   /* of the half that is to be walked */
	u32 count;   /* in that half */
	u32 size;   /* of a bucket, in bytes */
	u32 offset; /* of its pointer to the first socket */
};

/* What the walk works with. It is in a map so that the verifier, which follows what it knows of each
 * number from branch to branch, knows nothing: else it would look at all this many times. */
struct work {
	struct table table;
	u32 which;   /* of the walks */
	u32 without_time_waits;
	u32 visited; /* sockets in this call */
	u32 tries;   /* in this bucket */
	u32 next;    /* bucket of the piece */
	volatile u64 pointer; /* makes a number of a pointer: the verifier counts with those only */
	u8 piece[PIECE];
};

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, WALKS);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct work);
} works SEC(".maps");

enum { LISTENERS = 0, CONNECTIONS = 1, DATAGRAMS = 2 };

INLINE void find_table(struct table *table, u32 number, struct net___with_tables *net)
{
	struct inet_hashinfo *hashes = net->ipv4.tcp_death_row.hashinfo;
	struct udp_table *udp = net->ipv4.udp_table;

	if (number == LISTENERS) {
		ADDRESS(table->buckets, hashes->lhash2);
		table->count = hashes->lhash2_mask + 1;
		table->size = SIZE_OF(inet_listen_hashbucket);
		table->offset = FIELD_INFO(((struct inet_listen_hashbucket *)0)->nulls_head.first,
					   FIELD_BYTE_OFFSET);
	} else if (number == CONNECTIONS) {
		ADDRESS(table->buckets, hashes->ehash);
		table->count = hashes->ehash_mask + 1;
		table->size = sizeof(u64);
		table->offset = 0;
	} else {
		ADDRESS(table->buckets, udp->hash);
		table->count = udp->mask + 1;
		table->size = SIZE_OF(udp_hslot);
		table->offset = FIELD_INFO(((struct udp_hslot *)0)->head.first, FIELD_BYTE_OFFSET);
	}
}

INLINE void take_half(struct work *work)
{
	struct table *table = &work->table;
	u64 half = table->count / WALKS;

	table->first = half * work->which;
	table->buckets += (u64)table->first * table->size;
	table->count = work->which == WALKS - 1 ? table->count - table->first : half;
}

INLINE int is_shared(struct net___with_tables *net, struct net___with_tables *other)
{
	return net->ipv4.tcp_death_row.hashinfo == other->ipv4.tcp_death_row.hashinfo &&
	       net->ipv4.udp_table == other->ipv4.udp_table;
}

/* Whether all namespaces have the tables of this one. They hang together in a ring, whose head is no
 * namespace. */
INLINE int have_shared_tables(struct net___with_tables *own)
{
	u64 offset = FIELD_INFO(own->list, FIELD_BYTE_OFFSET);
	struct list_head *place = own->list.next;
	struct net___with_tables *net;
	struct bpf_iter_num each;
	int shared = 0;

	bpf_iter_num_new(&each, 0, MOST_NAMESPACES);
	while (bpf_iter_num_next(&each)) {
		net = CAST(net___with_tables, (void *)place - offset);
		if (net == own) {
			shared = 1;
			break;
		}
		if (net->ns.ops == own->ns.ops && !is_shared(net, own))
			break;
		place = net->list.next;
	}
	bpf_iter_num_destroy(&each);
	return shared;
}

/* An orphan in FIN_WAIT2 may be parked early among those in TIME_WAIT; ss shows it as what it is, too. */
INLINE u32 state_of(struct sock_common *common)
{
	u32 state = common->skc_state;

	if (state == TCP_TIME_WAIT &&
	    CAST(inet_timewait_sock, common)->tw_substate == TCP_FIN_WAIT2)
		return TCP_FIN_WAIT2;
	return state;
}

/* Most are known by their name, and nothing else is read of them. */
INLINE void tell(struct progress *progress, struct work *work, struct sock_common *common,
		 u64 address)
{
	struct sock_common___in_table *in_table = (void *)common;
	u64 cookie = ((struct sock_common___with_cookie *)common)->skc_cookie;
	u64 name = name_of(cookie, address);
	int is_udp = progress->table == DATAGRAMS, is_parked;
	u32 place = progress->records, at, hash, state;
	struct port_record *record;

	if (was_met(name))
		return;
	hash = in_table->skc_hash;
	state = common->skc_state;
	if (state == TCP_CLOSE && !is_udp)
		return;
	is_parked = state == TCP_TIME_WAIT;
	state = state_of(common);
	if (state == TCP_TIME_WAIT && work->without_time_waits)
		return;
	at = work->which * RECORDS + place;
	record = place < RECORDS ? bpf_map_lookup_elem(&records, &at) : 0;
	if (!record) {
		progress->problem = NO_ROOM;
		return;
	}
	record->cookie = name;
	record->inode = 0;
	record->state = state;
	if (!is_parked && state != TCP_NEW_SYN_RECV) {
		record->inode = is_udp ? inode_of(CAST(sock, common)) :
					 tcp_inode_of(CAST(tcp_sock, common));
		progress->nameless += is_nameless(name);
	}
	read_common_ends(&record->ends, common);
	record->ends.protocol = is_udp ? IPPROTO_UDP : IPPROTO_TCP;
	if (in_table->skc_hash == hash) /* else it is another one by now */
		progress->records = place + 1;
}

/* A chain of connections ends with an odd number, twice that of the bucket and one: else it went astray. */
INLINE int is_astray(struct progress *progress, struct work *work, u64 end)
{
	u64 bucket = work->table.first + progress->bucket;

	return progress->table == CONNECTIONS && end != (bucket << 1 | 1);
}

/* All sockets of one bucket. A chain ends with 0 or an odd number. */
INLINE void walk_bucket(struct progress *progress, struct work *work, u64 first)
{
	u32 records = progress->records, nameless = progress->nameless;
	struct sock_common *common;
	struct bpf_iter_num each;
	u64 place;

	work->tries = 1;
	work->pointer = first;
	bpf_iter_num_new(&each, 0, MOST_IN_BUCKET);
	while (bpf_iter_num_next(&each)) {
		place = work->pointer;
		if (!place || place & 1) {
			if (!is_astray(progress, work, place) || work->tries == MOST_TRIES)
				break;
			work->tries++;
			work->pointer = first;
			progress->records = records;
			progress->nameless = nameless;
			continue;
		}
		place -= FIELD_INFO(((struct sock_common___in_table *)0)->skc_nulls_node,
				    FIELD_BYTE_OFFSET);
		common = CAST(sock_common, place);
		tell(progress, work, common, place);
		if (progress->problem)
			break;
		work->visited++;
		work->pointer = (u64)((struct sock_common___in_table *)common)->skc_nulls_node.next;
	}
	bpf_iter_num_destroy(&each);
}

/* Copies the bucket and those after it; 0 where there is no such memory. */
INLINE int read_piece(struct work *work, u32 bucket)
{
	struct table *table = &work->table;
	u64 place = (u64)bucket * table->size;
	u64 size = (u64)table->count * table->size - place;

	if (size > PIECE)
		size = PIECE;
	return !bpf_probe_read_kernel(work->piece, size, (void *)(table->buckets + place));
}

INLINE int is_readers_turn(struct progress *progress, struct work *work)
{
	return progress->problem || work->visited > MOST_VISITED ||
	       progress->records > RECORDS - ROOM_FOR_BUCKET;
}

/* The buckets of one piece, or those before the reader's turn comes. */
INLINE void walk_piece(struct progress *progress, struct work *work)
{
	struct table *table = &work->table;
	struct bpf_iter_num each;
	u64 at, first;

	work->next = 0;
	bpf_iter_num_new(&each, 0, PIECE / table->size);
	while (bpf_iter_num_next(&each)) {
		if (progress->bucket >= table->count)
			break;
		at = (u64)work->next * table->size + table->offset;
		asm volatile("" : "+r"(at));
		first = *(u64 *)(work->piece + (at & (PIECE - 8)));
		if (first && !(first & 1)) {
			if (is_readers_turn(progress, work))
				break;
			walk_bucket(progress, work, first);
		}
		work->next++;
		progress->bucket++;
	}
	bpf_iter_num_destroy(&each);
}

/* The context: which walk, and whether to leave out what is in TIME_WAIT. */
SEC("raw_tp/unheld")
int unheld(u64 *context)
{
	struct net___with_tables *net = (void *)bpf_get_current_task_btf()->nsproxy->net_ns;
	struct progress *progress;
	struct bpf_iter_num each;
	struct work *work;
	u32 which = context[0];

	progress = bpf_map_lookup_elem(&progresses, &which);
	work = bpf_map_lookup_elem(&works, &which);
	if (!progress || !work)
		return 0;
	work->which = which;
	work->without_time_waits = context[1];
	if (!have_shared_tables(net)) {
		progress->problem = SEVERAL_TABLES;
		return 0;
	}
	find_table(&work->table, progress->table, net);
	take_half(work);
	work->visited = 0;
	bpf_iter_num_new(&each, 0, MOST_PIECES);
	while (bpf_iter_num_next(&each)) {
		if (progress->bucket >= work->table.count) {
			progress->table++;
			progress->bucket = 0;
			break;
		}
		if (!read_piece(work, progress->bucket)) {
			progress->problem = NO_MEMORY;
			break;
		}
		walk_piece(progress, work);
		if (is_readers_turn(progress, work))
			break;
	}
	bpf_iter_num_destroy(&each);
	return 0;
}
