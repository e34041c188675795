# The rules that the firmware's C must keep, and the builds that check them. Needs make and a compiler, no Python.
#   make -f firmware_bindings/firmware.mk OUT=<dir> host|arm|c-tests
OUT ?= build-firmware
HERE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TESTS := $(HERE)/../tests
SOURCES := $(wildcard $(HERE)/core/*.c $(HERE)/boards/*.c $(HERE)/ports/host/*.c)
HEADERS := $(wildcard $(HERE)/*/*.h $(HERE)/ports/host/*.h)
CC ?= cc
ARM ?= arm-none-eabi-

INCLUDE := -I$(OUT) -I$(HERE)/core -I$(HERE)/ports/host
RULES := -std=c11 -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Werror -Wdouble-promotion -Wfloat-conversion \
  -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wswitch-enum -Wundef -Wvla -Wstrict-prototypes \
  -Wmissing-prototypes $(INCLUDE)
CORTEX_M4 := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -Os -Wstack-usage=768 -ffunction-sections
SANITIZE := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# What compiled code may leave to the C library and to libgcc: memory copies and 64-bit integer helpers. No heap, no
# libm, no double precision (__aeabi_d*).
ALLOWED := memcpy memset memmove memchr memcmp __aeabi_ldivmod __aeabi_uldivmod __aeabi_llsl __aeabi_llsr __aeabi_lmul

.PHONY: host arm c-tests

# The source's fingerprint, which a board reports: the same sum as in meson.build, over the same files in the same order.
IDENTITY := $(OUT)/build_identity.h
FINGERPRINTED := $(sort $(wildcard $(HERE)/core/*.[ch] $(HERE)/boards/*.[ch]))
$(IDENTITY): $(FINGERPRINTED)
	@mkdir -p $(@D)
	@printf '#define FIRMWARE_SOURCE 0x%su\n' $$(cat $^ | sha256sum | cut -c1-8) > $@

host: $(patsubst $(HERE)/%.c,$(OUT)/host/%.o,$(SOURCES))

$(OUT)/host/%.o: $(HERE)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	$(CC) $(RULES) -O2 -c $< -o $@

$(OUT)/arm/%.o: $(HERE)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	$(ARM)gcc $(RULES) $(CORTEX_M4) -c $< -o $@

$(OUT)/arm/board.o: $(patsubst $(HERE)/%.c,$(OUT)/arm/%.o,$(SOURCES))
	$(ARM)gcc $(CORTEX_M4) -nostdlib -r $^ -o $@

# The last link takes in newlib and libgcc, so that what those would pull in is seen too.
arm: $(OUT)/arm/board.o
	@$(ARM)nm -u $< | awk -v allowed="$(ALLOWED)" \
	  'BEGIN { n = split(allowed, a); for (i = 1; i <= n; i++) ok[a[i]] = 1 } \
	   !ok[$$2] { print "firmware: symbol " $$2 " is not allowed: expected only " allowed; bad = 1 } END { exit bad }'
	@$(ARM)nm $< | awk '$$2 ~ /^[bBdDcCsSgG]$$/ \
	  { print "firmware: " $$3 " is mutable data: state lives in struct Board only"; bad = 1 } END { exit bad }'
	$(ARM)gcc $(CORTEX_M4) -nostartfiles -Wl,-e,board_poll -Wl,--fatal-warnings $< -o $(OUT)/arm/board.elf
	@$(ARM)nm $(OUT)/arm/board.elf | awk '$$3 ~ /^__aeabi_(d|f2d|u?[il]2d)|^_?(malloc|free|calloc|realloc|sbrk)(_r)?$$/ \
	  { print "firmware: symbol " $$3 " is linked: no double precision, no heap"; bad = 1 } END { exit bad }'
	@$(ARM)size $<

# C tests under the sanitizers: golden octets, and random octets into both ports.
c-tests: $(OUT)/wire_golden $(OUT)/board_fuzz

$(OUT)/%: $(TESTS)/firmware_bindings/%.c $(SOURCES) $(HEADERS) $(IDENTITY)
	@mkdir -p $(OUT)
	$(CC) $(RULES) $(SANITIZE) $(filter %.c,$^) -o $@
