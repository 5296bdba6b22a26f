"""LeetCode's linked lists, trees and changed arguments: read from statements, and run."""

from pathlib import Path

import pytest

from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.problem import Problem
from dreamcode_sandbox import Verdict, open_sandbox

INVERT_STARTER = r"""class Solution:
    def invertTree(self, root: 'TreeNode | None') -> 'TreeNode | None':
"""
INVERT_SAMPLES = r"""Example 1:
Input: root = [2,1,3]
Output: [2,3,1]

Example 2:
Input: root = [1,null,2]
Output: [1,2]
"""
INVERT = r"""class Solution:
    def invertTree(self, r):
        if r: r.left,r.right=self.invertTree(r.right),self.invertTree(r.left)
        return r
"""

RIGHT = {
    "reverse": (
        r"""# Definition for singly-linked list.
# class ListNode:
#     def __init__(self, val=0, next=None):
#         self.val = val
#         self.next = next
class Solution:
    def reverseList(self, head: Optional[ListNode]) -> Optional[ListNode]:
        """,
        r"""Example 1:

Input: head = [1,2,3]
Output: [3,2,1]

Example 2:

Input: head = []
Output: []
""",
        r"""from typing import *
class Solution:
    def reverseList(self, head: Optional[ListNode]) -> Optional[ListNode]:
        p=None
        while head:
            head.next,p,head=p,head,head.next
        return p
""",
    ),
    "mergek": (
        r"""# Definition for singly-linked list.
# class ListNode:
#     def __init__(self, val=0, next=None):
#         self.val = val
#         self.next = next
class Solution:
    def mergeKLists(self, lists: List[Optional[ListNode]]) -> Optional[ListNode]:
""",
        r"""Example 1:
Input: lists = [[1,4,5],[1,3,4],[2,6]]
Output: [1,1,2,3,4,4,5,6]
""",
        r"""class Solution:
    def mergeKLists(self, lists):
        v=[]
        for l in lists:
            while l: v.append(l.val); l=l.next
        d=t=ListNode()
        for x in sorted(v): t.next=ListNode(x); t=t.next
        return d.next
""",
    ),
    "inorder": (
        r"""class Solution:
    def inorderTraversal(self, root: Optional[TreeNode]) -> List[int]:
""",
        r"""Example 1:
Input: root = [1,null,2,3]
Output: [1,3,2]
""",
        r"""class Solution:
    def inorderTraversal(self, r):
        return self.inorderTraversal(r.left)+[r.val]+self.inorderTraversal(r.right) if r else []
""",
    ),
    "invert": (
        INVERT_STARTER,
        INVERT_SAMPLES,
        INVERT,
    ),
    "own class": (
        INVERT_STARTER,
        INVERT_SAMPLES,
        r"""class TreeNode:
    def __init__(self, x):
        self.val=x; self.left=None; self.right=None
"""
        + INVERT,
    ),
    "lca": (
        r"""class Solution:
    def lca(self, root: 'TreeNode', p: 'TreeNode', q: 'TreeNode') -> 'TreeNode':
""",
        r"""Example 1:
Input: root = [6,2,8,0,4,7,9,null,null,3,5], p = 2, q = 4
Output: 2
""",
        r"""class Solution:
    def lca(self, r, p, q):
        while True:
            if p.val<r.val>q.val: r=r.left
            elif p.val>r.val<q.val: r=r.right
            else: return r
""",
    ),
    "rotate": (
        r"""class Solution:
    def rotate(self, matrix: List[List[int]]) -> None:
        '''
        Do not return anything, modify matrix in-place instead.
        '''
""",
        r"""Example 1:
Input: matrix = [[1,2],[3,4]]
Output: [[3,1],[4,2]]
""",
        r"""class Solution:
    def rotate(self, m):
        m[:]=[list(r) for r in zip(*m[::-1])]
""",
    ),
    "rotate noann": (
        r"""class Solution:
    def rotate(self, matrix):
        '''
        :type matrix: List[List[int]]
        :rtype: None Do not return anything, modify matrix in-place instead.
        '''
""",
        r"""Example 1:
Input: matrix = [[1,2],[3,4]]
Output: [[3,1],[4,2]]
""",
        r"""class Solution:
    def rotate(self, m):
        m[:]=[list(r) for r in zip(*m[::-1])]
""",
    ),
    "merge": (
        r"""class Solution:
    def merge(self, nums1: List[int], m: int, nums2: List[int], n: int) -> None:
""",
        r"""Example 1:
Input: nums1 = [1,2,3,0,0,0], m = 3, nums2 = [2,5,6], n = 3
Output: [1,2,2,3,5,6]
""",
        r"""class Solution:
    def merge(self, a,m,b,n):
        a[m:]=b
        a.sort()
""",
    ),
    "reorder": (
        r"""class Solution:
    def reorderList(self, head: Optional[ListNode]) -> None:
""",
        r"""Example 1:
Input: head = [1,2]
Output: [2,1]
""",
        r"""class Solution:
    def reorderList(self, head):
        head.val,head.next.val=2,1
""",
    ),
    "split": (
        r"""class Solution:
    def splitListToParts(self, head: Optional[ListNode], k: int) -> List[Optional[ListNode]]:
""",
        r"""Example 1:
Input: head = [1], k = 3
Output: [[1],[],[]]
""",
        r"""class Solution:
    def splitListToParts(self, head, k):
        return [head]+[None]*(k-1)
""",
    ),
}

WRONG = {
    "list": r"""class Solution:
    def reverseList(self, head):
        return [3,2,1]
""",
    "cycle": r"""class Solution:
    def reverseList(self, head):
        head.next.next=head
        return head
""",
}

DOUBTED = {
    "removedup": (
        r"""class Solution:
    def removeDuplicates(self, nums: List[int]) -> int:
""",
        r"""Example 1:
Input: nums = [1,1,2]
Output: 2, nums = [1,2,_]
""",
        "judged together",
    ),
    "cycle": (
        r"""class Solution:
    def hasCycle(self, head: Optional[ListNode]) -> bool:
""",
        r"""Example 1:
Input: head = [3,2,0,-4], pos = 1
Output: true
""",
        "pos says how nodes are linked",
    ),
    "intersect": (
        r"""class Solution:
    def getIntersectionNode(self, headA: ListNode, headB: ListNode) -> Optional[ListNode]:
""",
        r"""Example 1:
Input: intersectVal = 8, listA = [4,1,8,4,5], listB = [5,6,1,8,4,5], skipA = 2, skipB = 3
Output: Intersected at '8'
""",
        "skipA",
    ),
    "deleteNode": (
        r"""class Solution:
    def deleteNode(self, node):
        '''
        :type node: ListNode
        :rtype: void Do not return anything, modify node in-place instead.
""",
        r"""Example 1:
Input: head = [4,5,1,9], node = 5
Output: [4,1,9]
""",
        "head says how nodes",
    ),
    "clone": (
        r"""class Solution:
    def cloneGraph(self, node: Optional['Node']) -> Optional['Node']:
""",
        r"""Example 1:
Input: adjList = [[2,4],[1,3],[2,4],[1,3]]
Output: [[2,4],[1,3],[2,4],[1,3]]
""",
        "no form that tests could be written in",
    ),
}


def read(starter_code: str, statement: str) -> Problem:
    given = FrontMatter(starter_code=starter_code or None)
    return assemble(Material("p.md", statement, Path(), given)).problem


async def test_programs_get_nodes_and_their_answers_are_compared_as_lists() -> None:
    verdicts = {}
    async with open_sandbox("local") as sandbox:
        for name, (starter_code, statement, program) in RIGHT.items():
            problem = read(starter_code, statement)
            report = await sandbox.run(program, problem.public_tests, problem.limits)
            assert problem.public_tests, name
            assert problem.doubt == "", name
            verdicts[name] = report.verdict
        problem = read(*RIGHT["reverse"][:2])
        for name, program in WRONG.items():
            report = await sandbox.run(program, problem.public_tests, problem.limits)
            verdicts[name] = report.verdict
    assert verdicts == dict.fromkeys(RIGHT, Verdict.ACCEPTED) | dict.fromkeys(
        WRONG, Verdict.RUNTIME_ERROR
    )


async def test_a_wrong_list_is_a_wrong_answer() -> None:
    problem = read(*RIGHT["reverse"][:2])
    program = "class Solution:\n    def reverseList(self, head):\n        return head\n"
    async with open_sandbox("local") as sandbox:
        report = await sandbox.run(program, problem.public_tests, problem.limits)
    assert report.verdict is Verdict.WRONG_ANSWER
    assert report.results[0].output == "[1, 2, 3]"


@pytest.mark.parametrize("name", DOUBTED)
def test_kinds_that_are_not_supported_are_named(name: str) -> None:
    starter_code, statement, reason = DOUBTED[name]
    problem = read(starter_code, statement)
    assert problem.public_tests == ()
    assert reason in problem.doubt
    assert "--tests" in problem.doubt
