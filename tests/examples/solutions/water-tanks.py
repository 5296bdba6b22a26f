import sys


def main():
    data = list(map(int, sys.stdin.read().split()))
    n, q = data[:2]
    room = data[2 : 2 + n]
    capacity = room[:]
    following = list(range(n + 1))
    lost = 0

    def find(i):
        while following[i] != i:
            following[i] = following[following[i]]
            i = following[i]
        return i

    for p, x in zip(data[2 + n :: 2], data[3 + n :: 2]):
        i = find(p - 1)
        while x and i < n:
            poured = min(x, room[i])
            room[i] -= poured
            x -= poured
            if room[i] == 0:
                following[i] = i + 1
            i = find(i)
        lost += x
    print(*(c - r for c, r in zip(capacity, room)))
    print(lost)


main()
