class Solution:
    def longestBalanced(self, nums: list[int], k: int) -> int:
        best, balance = 0, 0
        first = {0: 0}
        for end, number in enumerate(nums, start=1):
            balance += (number > k) - (number < k)
            best = max(best, end - first.setdefault(balance, end))
        return best
