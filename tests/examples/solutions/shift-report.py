def main():
    minutes, since = {}, {}
    for _ in range(int(input())):
        clock, what, name = input().split()
        now = 60 * int(clock[:2]) + int(clock[3:])
        if what == "start":
            since[name] = now
        else:
            minutes[name] = minutes.get(name, 0) + now - since.pop(name)
    for name, started in since.items():
        minutes[name] = minutes.get(name, 0) + 1440 - started
    for name in sorted(minutes):
        print(name, minutes[name])


if __name__ == "__main__":
    main()
