def main():
    n, limit = map(int, input().split())
    print(longest(list(map(int, input().split())), limit))


def longest(heights, limit):
    best = []
    for i, height in enumerate(heights):
        best.append(1 + max([best[j] for j in range(i) if abs(heights[j] - height) <= limit] + [0]))
    return max(best)


if __name__ == "__main__":
    main()
