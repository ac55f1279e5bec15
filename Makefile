# Everything a reader needs: `make run` to try it, `make test` to see it proved.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
RELEASE := .build-release
SIMULATION := .build-simulation

.PHONY: FORCE help run demo test check mutants bench simulate cuts storm fuzz udev clean-state build setup-build setup-run setup-test

help:
	@sed -n 's/^## //p' Makefile

## make run                 a whole kiosk on virtual hardware, until Ctrl-C
run: setup-run build
	@scripts/run

## make demo FLOW=top-up    the same with a scripted customer; exit 0 only if the books balance
demo: setup-run build
	@scripts/demo $(or $(FLOW),top-up)

## make test                all tests: units, transcripts, scenarios, then the real programs with CUPS and Chromium
test: setup-test build
	@scripts/test

## make check               format, layers, house rules
check: setup-build
	@swift format lint --strict --recursive Sources Tests Package.swift
	@swift build $(SWIFT_FLAGS) --build-tests
	@swift test --skip-build --filter HouseRulesTests

## make mutants             plants bugs, each alone, and shows which test catches each; MUTANTS="NAME..." only these
mutants: setup-run
	@scripts/mutants $(MUTANTS)

## make bench               speed and memory, as ratios against a reference in the same run (release build)
bench: setup-run
	@echo "bench: building for release"
	@swift build $(SWIFT_FLAGS) -c release --scratch-path $(RELEASE)
	@scripts/bench --programs $(RELEASE)/release

## make simulate SESSIONS=n SEED=s   seeded lives of a whole kiosk with every fault; exit 1 and a replay command if a fen is lost
simulate: $(SIMULATION)/release/kiosk-simulate
	@$< --sessions $(or $(SESSIONS),10000) --seed $(or $(SEED),1)

## make cuts                the power cut at every moment and disk operation of every incident, in every way
cuts: $(SIMULATION)/release/kiosk-simulate
	@$< cuts

## make storm KIOSKS=n SEED=s   a fleet that had no office for 8 hours gets it back at one moment; 10,000 kiosks need 8 GB and some minutes
storm: $(SIMULATION)/release/kiosk-simulate
	@$< storm --kiosks $(or $(KIOSKS),10000) --seed $(or $(SEED),1)

$(SIMULATION)/release/kiosk-simulate: setup-build FORCE
	@echo "simulation: building for release"
	@swift build $(SWIFT_FLAGS) -c release --scratch-path $(SIMULATION) --product kiosk-simulate

## make fuzz SECONDS=60     fuzzes each parser of bytes or text from outside so long, with its kept inputs
fuzz: setup-build
	@scripts/fuzz --seconds $(or $(SECONDS),60)

## make udev                writes udev/60-kiosk.rules from the profiles in devices/
udev: setup-build
	@swift build $(SWIFT_FLAGS) --product kioskctl
	@.build/debug/kioskctl udev --profiles devices --write udev/60-kiosk.rules

## make clean-state         empties the state of `make run` and `make demo`
clean-state:
	@rm -rf state

build: setup-build
	@echo "build: compiling (the first time takes some minutes)"
	@swift build $(SWIFT_FLAGS)

setup-build setup-run setup-test: setup-%:
	@scripts/setup $*
