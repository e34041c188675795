# The firmware: its images for the STM32F405, and the rules that all its C must keep. Needs make and compilers, no Python.
#   make -f firmware_bindings/firmware.mk [OUT=<dir>] firmware     images, with a report and budgets that fail the build
#   make -f firmware_bindings/firmware.mk [OUT=<dir>] host         all rules, compiled for this machine
#   make -f firmware_bindings/firmware.mk [OUT=<dir>] c-tests      programs for tests, under the sanitizers
#   make -f firmware_bindings/firmware.mk [OUT=<dir>] analyze      gcc's and cppcheck's static analysis
#   make -f firmware_bindings/firmware.mk [OUT=<dir>] library      all boards as a shared library for this machine
# BOARDS_DIR=<dir>: also the boards of another repository, a folder <dir>/<name> with <name>.c and <name>.h each (as
# `smartsat new board` makes one); `firmware` builds the images of these only. With an OUT of its own.
# DEFINES="-DNAME=VALUE" is added to one build of the images; give it an OUT of its own.
OUT ?= build-firmware
DEFINES ?=
CC ?= cc
ARM ?= arm-none-eabi-
CPPCHECK ?= cppcheck

# Budgets of one image [octets]. The stack is what the linker reserves; RAM is everything else that is not constant.
FLASH_BUDGET ?= 32768
RAM_BUDGET ?= 24576
STACK_BUDGET ?= 2560

# An absolute path, but below a folder whose name has a blank: no target may have one.
SELF := $(if $(word 2,$(CURDIR)),$(lastword $(MAKEFILE_LIST)),$(abspath $(lastword $(MAKEFILE_LIST))))
HERE := $(patsubst %/,%,$(dir $(SELF)))
TESTS := $(HERE)/../tests
BOARDS_DIR ?=
EXTENSION_DIR := $(if $(BOARDS_DIR),$(abspath $(BOARDS_DIR)))
EXTENSION := $(if $(EXTENSION_DIR),$(sort $(notdir $(patsubst %/,%,$(wildcard $(EXTENSION_DIR)/*/)))))
EXTENSION_SOURCES := $(foreach b,$(EXTENSION),$(sort $(wildcard $(EXTENSION_DIR)/$b/*.c)))
EXTENSION_FILES := $(EXTENSION_SOURCES) $(foreach b,$(EXTENSION),$(sort $(wildcard $(EXTENSION_DIR)/$b/*.h)))
BOARDS := $(sort $(notdir $(patsubst %/,%,$(wildcard $(HERE)/boards/*/)))) $(EXTENSION)
IMAGES := $(or $(EXTENSION),$(BOARDS))
PORT := $(HERE)/ports/stm32f405
COMMON := $(sort $(wildcard $(HERE)/core/*.c $(HERE)/boards/*/*.c $(HERE)/devices/*.c))
SOURCES := $(COMMON) $(HERE)/boards/boards.c $(HERE)/ports/host/port.c
ARM_SOURCES := $(COMMON) $(filter-out $(PORT)/main.c,$(sort $(wildcard $(PORT)/*.c)))
EXTENSION_HEADER := $(if $(EXTENSION),$(OUT)/extension_boards.h)
HEADERS := $(wildcard $(HERE)/*/*.h $(HERE)/*/*/*.h) $(SELF) $(filter %.h,$(EXTENSION_FILES)) $(EXTENSION_HEADER)
upper = $(shell echo $1 | tr a-z A-Z)

INCLUDE := -I$(OUT) -I$(HERE)/core $(if $(EXTENSION),-I$(EXTENSION_DIR) -DEXTENSION_BOARDS)
RULES := -std=c11 -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Werror -Wdouble-promotion -Wfloat-conversion \
  -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wswitch-enum -Wundef -Wvla -Wstrict-prototypes \
  -Wmissing-prototypes $(INCLUDE)
HOST_RULES := $(RULES) -I$(HERE)/ports/host
CORTEX_M4 := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
# The same octets wherever the sources and OUT are.
NO_PATHS := -ffile-prefix-map=$(HERE)=firmware_bindings $(if $(EXTENSION),-ffile-prefix-map=$(EXTENSION_DIR)=boards) "-ffile-prefix-map=$(abspath $(OUT))=build" \
  "-ffile-prefix-map=$(CURDIR)=."
ARM_RULES := $(RULES) -I$(PORT) $(CORTEX_M4) -Os -g -Wstack-usage=768 -ffunction-sections -fdata-sections \
  -fcallgraph-info=su $(NO_PATHS) $(DEFINES)
SANITIZE := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# What compiled code may leave to the C library and to libgcc: memory copies and 64-bit integer helpers. No heap, no
# libm, no double precision (__aeabi_d*). The rest comes from the linker script.
ALLOWED := memcpy memset memmove memchr memcmp __aeabi_ldivmod __aeabi_uldivmod __aeabi_llsl __aeabi_llsr __aeabi_lmul \
  _stack_bottom _stack_top _bss_start _bss_end main systick_entry usart1_entry usart2_entry
# The only mutable data: the board (main.c), and what outlives a reset (crash.c).
MUTABLE := board kept

# For the stack's bound: where execution begins, and what is called through pointers from which source file. The
# functions of boards/<name>/ have these names.
THREADS := reset_entry
INTERRUPTS := systick_entry usart1_entry usart2_entry
FAULTS := fault_entry crash_keep
INDIRECT := $(foreach b,$(BOARDS),$(foreach f,command configure cycle sample fill drive,board.c:$(b)_$(f))) \
  $(foreach f,spi i2c,registers.h:$(f)_read registers.h:$(f)_write)

.PHONY: firmware host analyze c-tests library toolchain
firmware: $(foreach b,$(IMAGES),$(OUT)/arm/$(b).bin)
	@cat $(foreach b,$(IMAGES),$(OUT)/arm/$(b).report)

# What boards.h and boards.c have of the boards of another folder.
$(OUT)/extension_boards.h: $(SELF) $(EXTENSION_FILES)
	@mkdir -p $(@D)
	@{ for b in $(EXTENSION); do echo "#include \"$$b/$$b.h\""; done; \
	  echo "#define EXTENSION_STATES $(foreach b,$(EXTENSION),struct $b $b;)"; \
	  echo "#define EXTENSION_OPS $(foreach b,$(EXTENSION),&$(call upper,$b)_OPS,)"; } > $@

toolchain:
	@command -v $(ARM)gcc > /dev/null || { echo "firmware: $(ARM)gcc is not installed: on Debian," \
	  "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi" >&2; exit 1; }

# The source's fingerprint, which a board reports: the same sum as in meson.build, over the same files in the same order.
IDENTITY := $(OUT)/build_identity.h
FINGERPRINTED := $(sort $(wildcard $(HERE)/core/*.[ch] $(HERE)/boards/*.[ch] $(HERE)/boards/*/*.[ch] $(HERE)/devices/*.[ch]))
$(IDENTITY): $(FINGERPRINTED) $(EXTENSION_FILES)
	@mkdir -p $(@D)
	@printf '#define FIRMWARE_SOURCE 0x%su\n' $$(cat $^ | sha256sum | cut -c1-8) > $@

host: $(patsubst $(HERE)/%.c,$(OUT)/host/%.o,$(SOURCES)) $(EXTENSION_SOURCES:$(EXTENSION_DIR)/%.c=$(OUT)/host/extension/%.o)

$(OUT)/host/extension/%.o: $(EXTENSION_DIR)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	$(CC) $(HOST_RULES) -O2 -c $< -o $@

library: $(OUT)/boards.so
$(OUT)/boards.so: $(SOURCES) $(EXTENSION_SOURCES) $(HEADERS) $(IDENTITY)
	$(CC) $(HOST_RULES) -O2 -fPIC -shared $(filter %.c,$^) -o $@

$(OUT)/host/%.o: $(HERE)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	$(CC) $(HOST_RULES) -O2 -c $< -o $@

$(OUT)/arm/%.o: export CCACHE_DISABLE := 1 # it does not keep the call graph (.ci) that comes with an object
OWN_OBJECTS := $(patsubst $(HERE)/%.c,$(OUT)/arm/%.o,$(ARM_SOURCES))
$(OWN_OBJECTS): $(OUT)/arm/%.o: $(HERE)/%.c $(HEADERS) $(IDENTITY) | toolchain
	@mkdir -p $(@D)
	$(ARM)gcc $(ARM_RULES) -c $< -o $@

EXTENSION_OBJECTS := $(EXTENSION_SOURCES:$(EXTENSION_DIR)/%.c=$(OUT)/arm/extension/%.o)
$(EXTENSION_OBJECTS): $(OUT)/arm/extension/%.o: $(EXTENSION_DIR)/%.c $(HEADERS) $(IDENTITY) | toolchain
	@mkdir -p $(@D)
	$(ARM)gcc $(ARM_RULES) -c $< -o $@
ARM_OBJECTS := $(OWN_OBJECTS) $(EXTENSION_OBJECTS)

$(OUT)/arm/%_main.o: $(PORT)/main.c $(HEADERS) $(IDENTITY) | toolchain
	@mkdir -p $(@D)
	$(ARM)gcc $(ARM_RULES) -DBOARD_OPS=$(call upper,$*)_OPS -c $< -o $@

# All of it in one object, also what no image uses: the rules on symbols and data.
$(OUT)/arm/rules.o: $(ARM_OBJECTS)
	@$(ARM)gcc $(CORTEX_M4) -nostdlib -r $^ -o $@.new
	@$(ARM)nm -u $@.new | awk -v allowed="$(ALLOWED)" \
	  'BEGIN { n = split(allowed, a); for (i = 1; i <= n; i++) ok[a[i]] = 1 } \
	   !ok[$$2] { print "firmware: symbol " $$2 " is not allowed: expected only " allowed; bad = 1 } END { exit bad }'
	@$(ARM)nm $@.new | awk -v allowed="$(MUTABLE)" \
	  'BEGIN { n = split(allowed, a); for (i = 1; i <= n; i++) ok[a[i]] = 1 } $$2 ~ /^[bBdDcCsSgG]$$/ && !ok[$$3] \
	   { print "firmware: " $$3 " is mutable data: state lives in struct Board only"; bad = 1 } END { exit bad }'
	@mv $@.new $@

# The link takes in newlib and libgcc, so that what those would pull in is seen too.
LINK := $(CORTEX_M4) -nostdlib -Wl,--gc-sections,--fatal-warnings,--defsym=_stack_size=$(STACK_BUDGET) -T $(PORT)/link.ld
$(OUT)/arm/%.elf: $(OUT)/arm/%_main.o $(OUT)/arm/rules.o $(PORT)/link.ld $(HERE)/stack.awk $(HERE)/budget.awk
	@$(ARM)gcc $(LINK) $< $(ARM_OBJECTS) -lc -lgcc -o $@.new
	@$(ARM)nm $@.new | awk '$$3 ~ /^__aeabi_(d|f2d|u?[il]2d)|^_?(malloc|free|calloc|realloc|sbrk)(_r)?$$/ \
	  { print "firmware: symbol " $$3 " is linked: no double precision, no heap"; bad = 1 } END { exit bad }'
	@$(ARM)objdump -d $@.new > $(OUT)/arm/$*.dis
	@awk -v threads="$(THREADS)" -v interrupts="$(INTERRUPTS)" -v faults="$(FAULTS)" -v indirect="$(INDIRECT)" \
	  -f $(HERE)/stack.awk $(ARM_OBJECTS:.o=.ci) $(OUT)/arm/$*_main.ci $(OUT)/arm/$*.dis > $(OUT)/arm/$*.stack \
	  || { cat $(OUT)/arm/$*.stack; exit 1; }
	@$(ARM)size $@.new | awk -v image=$* -v flash=$(FLASH_BUDGET) -v ram=$(RAM_BUDGET) -v stack=$(STACK_BUDGET) \
	  -v bound="$$(cut -d' ' -f1 $(OUT)/arm/$*.stack)" -f $(HERE)/budget.awk \
	  > $(OUT)/arm/$*.report || { cat $(OUT)/arm/$*.report; exit 1; }
	@mv $@.new $@

$(OUT)/arm/%.bin: $(OUT)/arm/%.elf
	@$(ARM)objcopy -O binary $< $@

# Static analysis, of both ports; a finding is suppressed only inline, with a reason.
ANALYZED := $(patsubst $(HERE)/%.c,$(OUT)/analyzed/%,$(SOURCES)) $(patsubst $(HERE)/%.c,$(OUT)/analyzed-arm/%,$(ARM_SOURCES))
analyze: $(ANALYZED) $(OUT)/analyzed-arm/ports/stm32f405/main
	@command -v $(CPPCHECK) > /dev/null || { echo "firmware: $(CPPCHECK) is not installed: on Debian," \
	  "apt-get install cppcheck" >&2; exit 1; }
	@mkdir -p $(OUT)/cppcheck $(OUT)/cppcheck-arm
	@$(CPPCHECK) $(CHECKS) --cppcheck-build-dir=$(OUT)/cppcheck -I$(HERE)/ports/host $(SOURCES)
	@$(CPPCHECK) $(CHECKS) --cppcheck-build-dir=$(OUT)/cppcheck-arm -I$(PORT) -D__arm__ -DBOARD_OPS=ADCS_OPS \
	  $(ARM_SOURCES) $(PORT)/main.c
CHECKS := --enable=warning,performance,portability,style --error-exitcode=1 --inline-suppr --std=c11 --quiet $(INCLUDE) \
  $(if $(EXTENSION),,-UEXTENSION_BOARDS)

$(OUT)/analyzed/%: $(HERE)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	@$(CC) -fanalyzer $(HOST_RULES) -O2 -c $< -o $@

$(OUT)/analyzed-arm/%: $(HERE)/%.c $(HEADERS) $(IDENTITY) | toolchain
	@mkdir -p $(@D)
	@$(ARM)gcc -fanalyzer $(RULES) -I$(PORT) $(CORTEX_M4) -Os -DBOARD_OPS=ADCS_OPS -c $< -o $@

# C tests under the sanitizers: golden octets, random octets into both ports, device drivers on emulated devices.
c-tests: $(OUT)/wire_golden $(OUT)/board_fuzz $(OUT)/gyro_properties $(OUT)/mag_properties $(OUT)/board_alone \
  $(OUT)/board_sources $(OUT)/stm32f405_port $(OUT)/stm32f405_devices

EMULATED := $(TESTS)/firmware_bindings/emulators
EMULATORS := $(EMULATED)/bmi088.c $(EMULATED)/rm3100.c $(wildcard $(EMULATED)/*.h)
SANITIZED := $(patsubst $(HERE)/%.c,$(OUT)/sanitized/%.o,$(SOURCES))
$(SANITIZED): $(OUT)/sanitized/%.o: $(HERE)/%.c $(HEADERS) $(IDENTITY)
	@mkdir -p $(@D)
	$(CC) $(HOST_RULES) $(SANITIZE) -c $< -o $@

EMULATOR_OBJECTS := $(patsubst $(EMULATED)/%.c,$(OUT)/sanitized/emulators/%.o,$(filter %.c,$(EMULATORS)))
$(EMULATOR_OBJECTS): $(OUT)/sanitized/emulators/%.o: $(EMULATED)/%.c $(HEADERS) $(IDENTITY) $(EMULATORS)
	@mkdir -p $(@D)
	$(CC) $(HOST_RULES) $(SANITIZE) -c $< -o $@

$(OUT)/%: $(TESTS)/firmware_bindings/%.c $(wildcard $(TESTS)/firmware_bindings/*.h) $(SANITIZED) $(EMULATOR_OBJECTS) $(HEADERS) $(IDENTITY)
	$(CC) $(HOST_RULES) $(SANITIZE) $(filter %.c %.o,$^) -o $@

# The STM32F405 port's logic on models of its registers.
MODELLED := clock crash usart port watchdog i2c spi torquers
$(OUT)/stm32f405_port: $(TESTS)/firmware_bindings/stm32f405_port.c $(MODELLED:%=$(PORT)/%.c) $(HEADERS) $(EMULATORS)
	@mkdir -p $(OUT)
	$(CC) $(RULES) -I$(PORT) -I$(TESTS)/firmware_bindings/emulators -include model.h $(SANITIZE) \
	  $(filter-out $(EMULATORS),$(filter %.c,$^)) -o $@

$(OUT)/stm32f405_devices: $(TESTS)/firmware_bindings/stm32f405_devices.c $(EMULATED)/peripherals.c \
    $(PORT)/i2c.c $(PORT)/spi.c $(PORT)/torquers.c $(HEADERS) $(EMULATORS)
	@mkdir -p $(OUT)
	$(CC) $(RULES) -I$(PORT) -I$(EMULATED) -include model.h $(SANITIZE) $(filter-out $(EMULATORS),$(filter %.c,$^)) -o $@

.SECONDARY:
.DELETE_ON_ERROR:
